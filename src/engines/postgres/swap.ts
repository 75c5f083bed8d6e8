import type { DdlStatement, SwappedTable, SwapRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { swapBlock } from "./swap-block.ts";
import { defaultSchema, literal, quoted, tableSql } from "./sql-text.ts";

/**
 * The room is a schema for each schema of the target, so that each name, those of indexes and constraints included,
 * is what it will be; SET SCHEMA then moves a table with all that belongs to it. All in one transaction.
 */
export const swap: SwapRole = {
  beside: ({ schema, name }) => ({
    schema: schema === "" || schema === defaultSchema ? room : `${room}_${schema}`,
    name,
  }),
  isWhole: true,
  open: (tables) =>
    roomsOf(tables).map((name) => ({ sql: `CREATE SCHEMA ${quoted(name)}`, title: `schema ${name}` })),
  swap: (tables): DdlStatement[] => [
    { sql: `DO ${literal(swapBlock(tables, roomsOf(tables)))}`, title: `swap ${tables.length} tables` },
  ],
  obstacles,
  leftovers,
  discard: (tables) =>
    roomsOf(tables).map((name) => ({
      sql: `DROP SCHEMA IF EXISTS ${quoted(name)} CASCADE`,
      title: `drop schema ${name}`,
    })),
};

const room = "godwit_new";

function roomsOf(tables: readonly SwappedTable[]): string[] {
  return [...new Set(tables.map(({ beside }) => beside.schema))];
}

/** Views that read the tables are none: they are made again. */
async function obstacles(session: Session, tables: readonly SwappedTable[]): Promise<string[]> {
  const old = `ARRAY[${tables.map(({ name }) => `to_regclass(${literal(tableSql(name))})`).join(", ")}]::oid[]`;
  const rows = await session.query(
    `WITH RECURSIVE old AS (
        SELECT oid FROM unnest(${old}) AS o(oid) WHERE oid IS NOT NULL
        -- The partitions of a table go with it.
        UNION SELECT i.inhrelid FROM old JOIN pg_catalog.pg_inherits i ON i.inhparent = old.oid
          JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid AND c.relispartition
      ), readers AS (
        SELECT r.ev_class AS oid FROM old JOIN pg_catalog.pg_depend d
          ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = old.oid AND d.classid = 'pg_catalog.pg_rewrite'::regclass
        JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.ev_class NOT IN (SELECT oid FROM old)
        UNION SELECT r.ev_class FROM readers JOIN pg_catalog.pg_depend d
          ON d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = readers.oid AND d.classid = 'pg_catalog.pg_rewrite'::regclass
        JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid AND r.ev_class <> readers.oid
      ), used AS (
        SELECT oid FROM old UNION SELECT oid FROM readers
      )
      SELECT format('foreign key %I of %s refers to %s', conname, conrelid::regclass, confrelid::regclass) AS what
        FROM pg_catalog.pg_constraint WHERE contype = 'f' AND confrelid IN (SELECT oid FROM old)
          AND conrelid NOT IN (SELECT oid FROM old)
      UNION ALL SELECT format('materialized view %s reads them', oid::regclass)
        FROM readers JOIN pg_catalog.pg_class USING (oid) WHERE relkind <> 'v'
      UNION ALL SELECT format('rule %I of %s', rulename, ev_class::regclass)
        FROM pg_catalog.pg_rewrite WHERE rulename <> '_RETURN' AND ev_class IN (SELECT oid FROM used)
      UNION ALL SELECT format('trigger %I of %s', g.tgname, g.tgrelid::regclass)
        FROM pg_catalog.pg_trigger g JOIN pg_catalog.pg_class c ON c.oid = g.tgrelid
          JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid
        WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND g.tgrelid IN (SELECT oid FROM used)
          -- Its own, for ON UPDATE CURRENT_TIMESTAMP, is made with the new table.
          AND NOT (p.proname = g.tgname AND starts_with(g.tgname, c.relname || '_') AND g.tgname LIKE '%\\_touch')
      UNION ALL SELECT format('policy %I of %s', polname, polrelid::regclass)
        FROM pg_catalog.pg_policy WHERE polrelid IN (SELECT oid FROM old)
      UNION ALL SELECT format('row level security of %s', oid::regclass)
        FROM old JOIN pg_catalog.pg_class USING (oid) WHERE relrowsecurity
      UNION ALL SELECT format('publication %I has %s', p.pubname, r.prrelid::regclass)
        FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_publication p ON p.oid = r.prpubid
        WHERE r.prrelid IN (SELECT oid FROM old)
      UNION ALL SELECT format('table %s inherits from %s', inhrelid::regclass, inhparent::regclass)
        FROM pg_catalog.pg_inherits
        WHERE (inhparent IN (SELECT oid FROM old)) <> (inhrelid IN (SELECT oid FROM old))
          AND inhrelid IN (SELECT oid FROM pg_catalog.pg_class WHERE relkind IN ('r', 'p', 'f'))
      UNION ALL SELECT format('statistics %I of %s', stxname, stxrelid::regclass)
        FROM pg_catalog.pg_statistic_ext WHERE stxrelid IN (SELECT oid FROM old)
      UNION ALL SELECT DISTINCT format('function %s uses them', d.objid::regprocedure)
        FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND (
          (d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid IN (SELECT oid FROM used)) OR
          (d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid IN (
            SELECT y.oid FROM pg_catalog.pg_type y WHERE y.typrelid IN (SELECT oid FROM used))))
      ORDER BY 1`,
  );
  return rows.map(({ what }) => String(what));
}

async function leftovers(session: Session, tables: readonly SwappedTable[]): Promise<string[]> {
  const rows = await session.query(
    `SELECT format('schema %I', nspname) AS what FROM pg_catalog.pg_namespace
      WHERE nspname IN (${roomsOf(tables).map(literal).join(", ")}) ORDER BY 1`,
  );
  return rows.map(({ what }) => String(what));
}
