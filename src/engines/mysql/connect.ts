import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { ConnectionOptions } from "mysql2";
import type { Target } from "../../core/target.ts";
import type { ConnectRole, ServerFacts, Session, SessionOptions } from "../engine.ts";
import { secureLogin } from "./secure-login.ts";
import { isMariaDb, unsupportedVersion, versionNumber } from "./server-version.ts";
import { openSession } from "./session.ts";

export const connect: ConnectRole = { open, facts };

async function open(target: Target, options: SessionOptions): Promise<Session> {
  return openSession(await connectionOptions(target), options);
}

async function connectionOptions(target: Target): Promise<ConnectionOptions> {
  const address = target.host.startsWith("/")
    ? { socketPath: await socketFile(target.host) }
    : { host: target.host, port: target.port };
  const options = {
    ...address,
    ...(await secureLogin(target)),
    user: target.user,
    password: target.password,
    database: target.database,
    charset: "utf8mb4_general_ci",
    // IGNORE_SPACE would change the user's sql_mode. LOCAL_FILES is for the rows of a copy: the driver opens no file
    // that the server names, and answers with an empty one and an error unless it was given a stream.
    flags: ["LOCAL_FILES", "-IGNORE_SPACE", "-ODBC"],
    multipleStatements: false,
    dateStrings: true,
    jsonStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    timezone: "Z",
    // The compiled row parsers are source text made of what the server sent (CVE-2024-21508 was there).
    disableEval: true,
    trace: false,
    enableKeepAlive: true,
    // A peer that vanished is noticed after this and the system's probes.
    keepAliveInitialDelay: 10_000,
    // A server has 16,382 for all its clients together.
    maxPreparedStatements: 50,
    // Statements go out exactly as they are written.
    queryFormat: (sql: string) => sql,
  };
  return options as unknown as ConnectionOptions;
}

/** A folder is searched for the names that packages use. */
export async function socketFile(path: string): Promise<string> {
  for (const name of ["", "mysqld.sock", "mysql.sock"]) {
    const file = join(path, name);
    const found = await stat(file).catch(() => null);
    if (found?.isSocket()) return file;
  }
  return path;
}

const identifying = ["server_uuid", "server_uid", "hostname", "port", "server_id"];
const readOnlyNames = ["read_only", "super_read_only", "innodb_read_only"];

async function facts(session: Session): Promise<ServerFacts> {
  const [row] = await session.query(
    `SELECT VERSION() AS version, DATABASE() AS \`database\`, CURRENT_USER() AS \`user\`,
       @@SESSION.sql_mode AS mode,
       DATE_FORMAT(UTC_TIMESTAMP(3), '%Y-%m-%dT%H:%i:%s.%f') AS now`,
  );
  if (row === undefined) throw new Error("the server gave no facts");
  const variables = await session.query(
    `SHOW VARIABLES WHERE Variable_name IN (${[...identifying, ...readOnlyNames].map((name) => `'${name}'`).join(", ")})`,
  );
  const value = new Map(variables.map((line) => [String(line.Variable_name), String(line.Value)]));
  const product = isMariaDb(String(row.version)) ? "MariaDB" : "MySQL";
  return {
    version: `${product} ${versionNumber(String(row.version)).text}`,
    product,
    database: String(row.database ?? ""),
    user: String(row.user),
    settings: `the sql_mode ${String(row.mode)}`,
    identity: identity(value),
    host: value.get("hostname") ?? "",
    port: Number(value.get("port") ?? 0) || null,
    // MariaDB 12 has further values that all refuse writes.
    readOnly: readOnlyNames.some((name) => !["OFF", "0", undefined].includes(value.get(name))),
    unsupported: unsupportedVersion(String(row.version)),
    now: `${String(row.now).slice(0, 23)}Z`,
  };
}

/** MySQL has a UUID in its data folder. MariaDB's server_uid is a hash of the network card and port, and newer than 10.6.0. */
function identity(value: ReadonlyMap<string, string>): string {
  const uuid = value.get("server_uuid");
  if (uuid !== undefined) return uuid;
  const place = value.get("server_uid") ?? `${value.get("hostname") ?? ""}:${value.get("port") ?? ""}`;
  return `${place}/${value.get("server_id") ?? ""}`;
}
