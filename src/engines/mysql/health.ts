import type { Finding, HealthRole, Row, Session } from "../engine.ts";
import { signalFindings } from "../signal-findings.ts";
import { checkPrivileges } from "./health-privileges.ts";
import { isMariaDb, unsupportedVersion, versionNumber } from "./server-version.ts";
import { isLedgerTable } from "./store.ts";
import { remnants } from "./remnants.ts";
import { signals } from "./signals.ts";

export const health: HealthRole = { findings, remnants };

const variableNames = [
  "binlog_format",
  "default_storage_engine",
  "innodb_read_only",
  "log_bin",
  "log_bin_trust_function_creators",
  "max_allowed_packet",
  "read_only",
  "sql_mode",
  "super_read_only",
  "wsrep_on",
];

interface Server {
  readonly mariaDb: boolean;
  readonly version: readonly number[];
  readonly versionText: string;
  /** VERSION() as the server says it. */
  readonly versionAsSaid: string;
  readonly database: string;
  readonly user: string;
  readonly utcMs: number;
  readonly variable: (name: string) => string | undefined;
}

async function findings(session: Session): Promise<Finding[]> {
  const askedAt = Date.now();
  const server = await readServer(session);
  const middle = (askedAt + Date.now()) / 2;
  return [
    checkVersion(server),
    checkReadOnly(server),
    ...(await checkPrivileges(session, server)),
    checkClock(server, middle),
    checkSqlMode(server),
    checkPacket(server),
    ...checkReplication(server),
    checkStatementTimeout(server),
    await checkEngines(session, server),
    ...(await signalFindings(session, signals)),
  ];
}

async function readServer(session: Session): Promise<Server> {
  const [row] = await session.query(
    `SELECT VERSION() AS version, DATABASE() AS \`database\`, CURRENT_USER() AS \`user\`,
       DATE_FORMAT(UTC_TIMESTAMP(3), '%Y-%m-%dT%H:%i:%s.%f') AS now`,
  );
  const rows: Row[] = await session.query(
    `SHOW VARIABLES WHERE Variable_name IN (${variableNames.map((name) => `'${name}'`).join(", ")})`,
  );
  const values = new Map(rows.map((line) => [String(line.Variable_name), String(line.Value)]));
  const version = versionNumber(String(row?.version));
  return {
    mariaDb: isMariaDb(String(row?.version)),
    version: version.parts,
    versionText: version.text,
    versionAsSaid: String(row?.version),
    database: String(row?.database ?? ""),
    user: String(row?.user ?? ""),
    utcMs: Date.parse(`${String(row?.now).slice(0, 23)}Z`),
    variable: (name) => values.get(name),
  };
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "OFF" && value !== "0";
}

function checkVersion({ mariaDb, versionText, versionAsSaid }: Server): Finding {
  const name = `${mariaDb ? "MariaDB" : "MySQL"} ${versionText}`;
  const unsupported = unsupportedVersion(versionAsSaid);
  if (unsupported === null) return { check: "version", status: "ok", message: name };
  return {
    check: "version",
    status: "error",
    message: `${name}: ${unsupported}`,
    remedy: "upgrade the server",
  };
}

function checkReadOnly(server: Server): Finding {
  const on = ["read_only", "super_read_only", "innodb_read_only"].filter((name) =>
    isOn(server.variable(name)),
  );
  if (on.length === 0) return { check: "read-only", status: "ok", message: "the server takes writes" };
  return {
    check: "read-only",
    status: "error",
    message: `the server is set to ${on.join(", ")}`,
    remedy: "connect to the primary",
  };
}

const worstSkewMs = 5_000;

function checkClock({ utcMs }: Server, localMs: number): Finding {
  const skewMs = Math.round(utcMs - localMs);
  const seconds = (skewMs / 1_000).toFixed(1);
  if (Math.abs(skewMs) <= worstSkewMs) {
    return { check: "clock", status: "ok", message: `the server's clock differs by ${seconds} s` };
  }
  return {
    check: "clock",
    status: "warning",
    message: `the server's clock differs from this machine's by ${seconds} s; the ledger's times are the server's`,
    remedy: "synchronise both clocks (NTP)",
  };
}

function checkSqlMode(server: Server): Finding {
  const mode = server.variable("sql_mode") ?? "";
  if (/STRICT_(TRANS|ALL)_TABLES|TRADITIONAL/.test(mode))
    return { check: "sql-mode", status: "ok", message: mode };
  return {
    check: "sql-mode",
    status: "warning",
    message: "sql_mode is not strict: values that do not fit are cut or replaced, with a warning only",
    remedy: "SET GLOBAL sql_mode = CONCAT(@@GLOBAL.sql_mode, ',STRICT_TRANS_TABLES')",
  };
}

const smallPacket = 4 * 1024 * 1024;

function checkPacket(server: Server): Finding {
  const bytes = Number(server.variable("max_allowed_packet"));
  const message = `a statement can have ${Math.floor(bytes / 1024)} KiB (max_allowed_packet)`;
  if (bytes >= smallPacket) return { check: "max-allowed-packet", status: "ok", message };
  return {
    check: "max-allowed-packet",
    status: "warning",
    message: `${message}; larger migrations will be refused`,
    remedy: "SET GLOBAL max_allowed_packet = 67108864",
  };
}

function checkReplication(server: Server): Finding[] {
  const found: Finding[] = [];
  if (isOn(server.variable("log_bin"))) {
    const format = server.variable("binlog_format") ?? "ROW";
    if (format === "STATEMENT") {
      found.push({
        check: "binlog-format",
        status: "warning",
        message: "binlog_format is STATEMENT: replicas can compute other values than the primary",
        remedy: "SET GLOBAL binlog_format = 'ROW'",
      });
    } else found.push({ check: "binlog-format", status: "ok", message: `binary log in format ${format}` });
    if (!isOn(server.variable("log_bin_trust_function_creators"))) {
      found.push({
        check: "function-creators",
        status: "ok",
        message:
          "with the binary log on, CREATE FUNCTION and CREATE TRIGGER need DETERMINISTIC or a high privilege (log_bin_trust_function_creators is off)",
      });
    }
  } else found.push({ check: "binlog-format", status: "ok", message: "the binary log is off" });
  if (isOn(server.variable("wsrep_on"))) {
    found.push({
      check: "cluster",
      status: "warning",
      message: "this is a Galera node: the run lock holds on this node only",
      remedy: "always connect to the same node",
    });
  }
  return found;
}

function checkStatementTimeout({ mariaDb }: Server): Finding {
  return {
    check: "statement-timeout",
    status: "ok",
    message: mariaDb
      ? "the server itself ends statements that pass the limit (max_statement_time)"
      : "the server limits SELECT only; other statements are ended from here with KILL QUERY, while this program runs",
  };
}

async function checkEngines(session: Session, server: Server): Promise<Finding> {
  const check = "storage-engine";
  const fallback = server.variable("default_storage_engine") ?? "";
  const rows = await session.query(
    `SELECT TABLE_NAME AS name, ENGINE AS engine FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
        AND TABLE_TYPE = 'BASE TABLE' AND ENGINE <> 'InnoDB' ORDER BY TABLE_NAME LIMIT 20`,
  );
  const others = rows.filter((row) => !isLedgerTable(String(row.name)));
  if (others.length > 0) {
    return {
      check,
      status: "warning",
      message: `changes of rows cannot be rolled back in tables that are not InnoDB: ${others.map((row) => `${String(row.name)} (${String(row.engine)})`).join(", ")}`,
      remedy: "ALTER TABLE … ENGINE = InnoDB",
    };
  }
  if (fallback !== "InnoDB") {
    return {
      check,
      status: "warning",
      message: `new tables are ${fallback}: changes of their rows cannot be rolled back`,
      remedy: "SET GLOBAL default_storage_engine = InnoDB",
    };
  }
  return { check, status: "ok", message: "InnoDB throughout" };
}
