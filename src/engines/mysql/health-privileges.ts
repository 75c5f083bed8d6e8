import type { Finding, Session } from "../engine.ts";
import { readGrants } from "./grants.ts";
import { traits } from "./traits.ts";

/** Without these not even the ledger can be kept. */
const needed = ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP", "INDEX", "REFERENCES"];

/** Needed as soon as a migration has such a statement. */
const usual = [
  "CREATE VIEW",
  "SHOW VIEW",
  "CREATE ROUTINE",
  "ALTER ROUTINE",
  "EXECUTE",
  "TRIGGER",
  "EVENT",
  "CREATE TEMPORARY TABLES",
  "LOCK TABLES",
];

export async function checkPrivileges(
  session: Session,
  who: { readonly database: string; readonly user: string },
): Promise<Finding[]> {
  const rows = await session.query("SHOW GRANTS");
  const grants = readGrants(
    rows.map((row) => String(Object.values(row)[0])),
    who.database,
  );
  const lacking = (list: readonly string[]) => list.filter((privilege) => !grants.inDatabase(privilege));
  return [
    finding("privileges", "error", lacking(needed), who),
    finding("privileges-objects", "warning", lacking(usual), who),
    grants.onServer("PROCESS")
      ? { check: "privilege-process", status: "ok", message: "PROCESS is granted" }
      : {
          check: "privilege-process",
          status: "warning",
          message:
            "without PROCESS, sessions that block a statement cannot be named, and a TRUNCATE or an exchange of tables whose reply was lost cannot be told from one that never ran",
          remedy: `GRANT PROCESS ON *.* TO ${account(who.user)};`,
        },
  ];
}

function finding(
  check: string,
  status: "warning" | "error",
  lacking: readonly string[],
  who: { readonly database: string; readonly user: string },
): Finding {
  if (lacking.length === 0) return { check, status: "ok", message: `all granted on ${who.database}` };
  return {
    check,
    status,
    message: `${who.user} lacks on ${who.database}: ${lacking.join(", ")}`,
    // With the underscore escaped it would be a grant of its own, and hide the one that is there.
    remedy: `GRANT ${lacking.join(", ")} ON ${traits.quote(who.database)}.* TO ${account(who.user)};`,
  };
}

/** CURRENT_USER() is user@host without quotes; the host is what follows the last @. */
export function account(user: string): string {
  const at = user.lastIndexOf("@");
  const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;
  return at < 0 ? quote(user) : `${quote(user.slice(0, at))}@${quote(user.slice(at + 1))}`;
}
