import type { PortableCollation } from "../../core/portable.ts";
import type { DdlStatement, TargetTable } from "../data-roles.ts";
import { besideTable } from "./object-name.ts";
import { literal } from "./sql-text.ts";

/** Collations under which texts are equal that differ in case, or in accents too: PostgreSQL 12 with ICU. */
export function collationName(collation: PortableCollation): string {
  if (!collation.caseInsensitive) return "godwit_ai";
  return collation.accentInsensitive ? "godwit_ci_ai" : "godwit_ci";
}

export function collationDdl(table: TargetTable): DdlStatement[] {
  const names = new Set(
    table.columns.flatMap(({ decision, collation }) =>
      collation !== null && decision.sql.endsWith(` COLLATE ${besideTable(table, collationName(collation))}`)
        ? [collationName(collation)]
        : [],
    ),
  );
  return [...names].map((name) => ({
    sql: `CREATE COLLATION IF NOT EXISTS ${besideTable(table, name)} (provider = icu, locale = ${literal(locales[name]!)}, deterministic = false)`,
    title: `collation ${name}`,
  }));
}

const locales: Readonly<Record<string, string>> = {
  godwit_ci: "und-u-ks-level2",
  godwit_ci_ai: "und-u-ks-level1",
  godwit_ai: "und-u-kc-true-ks-level1",
};
