import type { OwnMaking } from "../../core/portable.ts";
import { tableKey } from "../../core/table-key.ts";
import type { NormalizeRole } from "../data-roles.ts";
import { rows } from "./inspect-catalog.ts";
import { literal, tableSql } from "./sql-text.ts";

/**
 * Policies hide rows from all but superusers, roles with BYPASSRLS, and a table's owner, from whom they hide them where
 * that is forced. Reading would fail then, since row_security is off; by then a copy has made tables.
 */
export const hidden: NonNullable<NormalizeRole["hidden"]> = async (session, { there, made }) => {
  const [role] = await rows<{ name: string; sees: boolean }>(
    session,
    `SELECT rolname::text AS name, rolsuper OR rolbypassrls AS sees FROM pg_catalog.pg_roles
      WHERE rolname = current_user`,
  );
  if (role === undefined || role.sees) return [];
  const names = there.map((table) => `(${literal(tableKey(table))}, ${literal(tableSql(table))}::regclass)`);
  const active =
    names.length === 0
      ? []
      : await rows<{ name: string }>(
          session,
          `SELECT t.name FROM (VALUES ${names.join(", ")}) AS t (name, oid) WHERE row_security_active(t.oid)`,
        );
  return [...active.map(({ name }) => name), ...made.filter(isForced).map(({ of }) => tableKey(of))].map(
    (name) => `${name} has row level security, and the role ${role.name} no BYPASSRLS`,
  );
};

/** Whoever makes a table owns it. */
function isForced({ create, finish }: OwnMaking): boolean {
  const says = (what: string) =>
    [...create, ...finish].some(({ sql }) => sql.endsWith(` ${what} ROW LEVEL SECURITY`));
  return says("ENABLE") && says("FORCE");
}
