import type { Check } from "./health.ts";
import { rows } from "./inspect-catalog.ts";

/** What kind of server this is and how it is set. */
export const serverChecks: readonly Check[] = [
  { name: "server version", run: version },
  { name: "read only", run: readOnly },
  { name: "clock", run: clock },
  { name: "encoding", run: encoding },
  { name: "collation version", run: collation },
  { name: "default time-outs", run: timeouts },
  { name: "dead client detection", run: deadClients },
];

type Answer = ReturnType<Check["run"]>;
type Session = Parameters<Check["run"]>[0];

/** The day of the last minor release of each major version (postgresql.org/support/versioning). */
const lastRelease: Readonly<Record<number, string>> = {
  13: "2025-11-13",
  14: "2026-11-12",
  15: "2027-11-11",
  16: "2028-11-09",
  17: "2029-11-08",
  18: "2030-11-14",
};

async function version(session: Session): Answer {
  const [row] = await rows<{ number: string; name: string; today: string }>(
    session,
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS name,
       to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS today`,
  );
  if (row === undefined) return [];
  const major = Math.floor(Number(row.number) / 10_000);
  const name = `PostgreSQL ${row.name}`;
  const end = lastRelease[major];
  if (major < 13) {
    return [
      { status: "error", message: `${name} is older than 13, the oldest version that Godwit supports.` },
    ];
  }
  if (end === undefined) {
    return [
      { status: "warning", message: `${name} is newer than the versions that Godwit was tested with.` },
    ];
  }
  if (row.today > end) {
    return [
      {
        status: "warning",
        message: `${name} had its last release on ${end}: its faults are no longer mended.`,
      },
    ];
  }
  return [{ status: "ok", message: `${name} is supported until ${end}.` }];
}

async function readOnly(session: Session): Answer {
  const [row] = await rows<{ standby: boolean; value: string; database: string; user: string }>(
    session,
    `SELECT pg_is_in_recovery() AS standby, current_setting('default_transaction_read_only') AS value,
       quote_ident(current_database()) AS database, quote_ident(current_user) AS user`,
  );
  if (row?.standby === true) {
    return [
      {
        status: "error",
        message: "The server is a standby: it takes no changes.",
        remedy: "Connect to the primary.",
      },
    ];
  }
  if (row?.value === "on") {
    return [
      {
        status: "error",
        message: "default_transaction_read_only is on: transactions refuse changes.",
        remedy: `ALTER ROLE ${row.user} IN DATABASE ${row.database} SET default_transaction_read_only = off;`,
      },
    ];
  }
  return [{ status: "ok", message: "The server takes changes." }];
}

async function clock(session: Session): Answer {
  const before = Date.now();
  const [row] = await rows<{ ms: string }>(
    session,
    "SELECT round(extract(epoch FROM clock_timestamp()) * 1000)::bigint::text AS ms",
  );
  const after = Date.now();
  const skewMs = Number(row?.ms) - (before + after) / 2;
  // The answer was written at some moment between the two readings, so half their distance is no skew.
  if (Math.abs(skewMs) - (after - before) / 2 > 5000) {
    return [
      {
        status: "warning",
        message: `The server's clock is ${Math.round(skewMs / 1000)} s off this machine's: times in the history will look wrong.`,
        remedy: "Set both clocks by NTP.",
      },
    ];
  }
  return [{ status: "ok", message: "The clocks of server and client agree within 5 s." }];
}

async function encoding(session: Session): Answer {
  const [row] = await rows<{ encoding: string }>(
    session,
    "SELECT pg_encoding_to_char(encoding) AS encoding FROM pg_database WHERE datname = current_database()",
  );
  if (row?.encoding === "UTF8") return [{ status: "ok", message: "The database's encoding is UTF8." }];
  return [
    {
      status: "warning",
      message: `The database's encoding is ${row?.encoding}: characters outside it in a migration are refused.`,
      remedy: "Make a new database with ENCODING 'UTF8' and copy into it.",
    },
  ];
}

async function collation(session: Session): Answer {
  const [server] = await rows<{ number: string }>(
    session,
    "SELECT current_setting('server_version_num') AS number",
  );
  if (Number(server?.number) < 150_000) {
    return [{ status: "ok", message: "Versions before 15 do not record the database's collation version." }];
  }
  const [row] = await rows<{ recorded: string | null; actual: string | null; name: string }>(
    session,
    `SELECT datcollversion AS recorded, pg_database_collation_actual_version(oid) AS actual,
       quote_ident(datname) AS name FROM pg_database WHERE datname = current_database()`,
  );
  if (row !== undefined && row.recorded !== row.actual) {
    return [
      {
        status: "warning",
        message: `The collation's version changed from ${row.recorded} to ${row.actual}: indexes over text may be corrupt.`,
        remedy: `REINDEX DATABASE ${row.name}; ALTER DATABASE ${row.name} REFRESH COLLATION VERSION;`,
      },
    ];
  }
  return [{ status: "ok", message: "The collation is the one that the indexes were built with." }];
}

async function timeouts(session: Session): Answer {
  // reset_val is what a new session of this role starts with, whatever this session has set for itself.
  const found = await rows<{ name: string; value: string; unit: string; user: string }>(
    session,
    `SELECT name, reset_val AS value, coalesce(unit, '') AS unit, quote_ident(current_user) AS user FROM pg_settings
     WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout',
       'transaction_timeout', 'idle_session_timeout') AND reset_val <> '0' ORDER BY name`,
  );
  if (found.length === 0)
    return [{ status: "ok", message: "No time-outs are set for this role or database." }];
  return found.map(({ name, value, unit, user }) =>
    name === "transaction_timeout"
      ? {
          status: "warning",
          message: `transaction_timeout is ${value} ${unit}: it ends the session of a migration that takes longer.`,
          remedy: `ALTER ROLE ${user} SET transaction_timeout = 0;`,
        }
      : {
          status: "ok",
          message: `${name} is ${value} ${unit} by default; a run sets its own.`,
        },
  );
}

async function deadClients(session: Session): Answer {
  const found = await rows<{ value: string }>(
    session,
    "SELECT setting AS value FROM pg_settings WHERE name = 'client_connection_check_interval'",
  );
  if (found.length > 0) {
    return [{ status: "ok", message: "The server can notice within a second that a runner has died." }];
  }
  return [
    {
      status: "warning",
      message:
        "This version has no client_connection_check_interval (14 has): a killed runner's statement goes on to its end and holds its locks.",
    },
  ];
}
