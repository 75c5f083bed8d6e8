import type { DdlStatement, TargetColumn, TargetTable } from "../data-roles.ts";
import { besideTable, objectName } from "./object-name.ts";
import { literal, quoted, tableSql } from "./sql-text.ts";

export function finishDdl(table: TargetTable): DdlStatement[] {
  return [
    ...counterDdl(table),
    ...table.columns.flatMap((column) => (column.onUpdateNow ? touchDdl(table, column) : [])),
    ...comment(`TABLE ${tableSql(table)}`, table.comment, table.name),
    ...table.columns.flatMap((column) =>
      comment(`COLUMN ${tableSql(table)}.${quoted(column.name)}`, column.comment, column.name),
    ),
    statisticsDdl(table),
  ];
}

export function statisticsDdl(table: TargetTable): DdlStatement {
  return { sql: `ANALYZE ${tableSql(table)}`, title: `statistics of ${table.name}` };
}

export function counterDdl(table: TargetTable): DdlStatement[] {
  return table.columns.flatMap((column) => (column.identity === null ? [] : [nextValue(table, column)]));
}

function comment(what: string, text: string | null, title: string): DdlStatement[] {
  return text === null || text === ""
    ? []
    : [{ sql: `COMMENT ON ${what} IS ${literal(text)}`, title: `comment on ${title}` }];
}

/**
 * The value after the last one of the data, or the source's own next one where that is further on. At the end of
 * the type, the sequence is left where it gives an error, as the source's would.
 */
function nextValue(table: TargetTable, column: TargetColumn): DdlStatement {
  const { next, increment } = column.identity!;
  const name = quoted(column.name);
  const [further, last, first, end, beyond, nearer] = increment.startsWith("-")
    ? ["least", "min", "q.seqmax", "q.seqmin", "<", "greatest"]
    : ["greatest", "max", "q.seqmin", "q.seqmax", ">", "least"];
  return {
    sql: `SELECT setval(q.seqrelid::regclass, ${nearer}(s.value, ${end})::bigint, s.value ${beyond} ${end})
FROM pg_catalog.pg_sequence q, LATERAL (
  SELECT ${further}(coalesce(${last}(${name})::numeric + ${increment}, ${first}), ${next ?? first}) AS value FROM ${tableSql(table)}) AS s
WHERE q.seqrelid = pg_get_serial_sequence(${literal(tableSql(table))}, ${literal(column.name)})::regclass`,
    title: `next value of ${table.name}.${column.name}`,
  };
}

/**
 * MySQL's ON UPDATE CURRENT_TIMESTAMP, which acts only where the row changes and the statement does not set the
 * column. Columns are compared by their images, since some types have no equality; generated ones have no value yet.
 */
function touchDdl(table: TargetTable, column: TargetColumn): DdlStatement[] {
  const name = objectName(`${table.name}_${column.name}_touch`);
  const call = besideTable(table, name);
  const title = `trigger ${name}`;
  const stored = table.columns.filter((each) => each.generated === null).map((each) => quoted(each.name));
  const row = (which: string) => `ROW(${stored.map((each) => `${which}.${each}`).join(", ")})::record`;
  const { type } = column.decision;
  const digits = type.kind === "timestamp" ? type.precision : 6;
  return [
    {
      sql: `CREATE OR REPLACE FUNCTION ${call}() RETURNS trigger LANGUAGE plpgsql AS ${literal(
        `BEGIN NEW.${quoted(column.name)} := CURRENT_TIMESTAMP(${digits}); RETURN NEW; END`,
      )}`,
      title,
    },
    {
      sql: `CREATE TRIGGER ${quoted(name)} BEFORE UPDATE ON ${tableSql(table)} FOR EACH ROW
WHEN (OLD.${quoted(column.name)} IS NOT DISTINCT FROM NEW.${quoted(column.name)} AND ${row("OLD")} *<> ${row("NEW")})
EXECUTE FUNCTION ${call}()`,
      title,
    },
  ];
}
