import type { Session } from "../engine.ts";
import { commentLines, type Comments } from "./dump-comments.ts";
import type { Item } from "./dump-item.ts";
import { notOfExtension, rows, userSchema } from "./inspect-catalog.ts";

export interface SequenceRow {
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly full: string;
  readonly type: string;
  /** 64-bit numbers, as text. */
  readonly start: string;
  readonly increment: string;
  readonly maximum: string;
  readonly minimum: string;
  readonly cache: string;
  readonly cycle: boolean;
  readonly unlogged: boolean;
  /** The column that it belongs to: by OWNED BY, or as an identity. */
  readonly owner: {
    readonly identity: boolean;
    readonly relation: string;
    readonly column: number;
    readonly full: string;
  } | null;
}

export function readSequences(session: Session): Promise<SequenceRow[]> {
  return rows<SequenceRow>(
    session,
    `SELECT c.oid::text AS oid, n.nspname AS schema, c.relname AS name,
       format('%I.%I', n.nspname, c.relname) AS "full", format_type(s.seqtypid, NULL) AS type,
       s.seqstart::text AS start, s.seqincrement::text AS increment, s.seqmax::text AS maximum,
       s.seqmin::text AS minimum, s.seqcache::text AS cache, s.seqcycle AS cycle,
       c.relpersistence = 'u' AS unlogged,
       CASE WHEN d.objid IS NOT NULL THEN json_build_object('identity', d.deptype = 'i',
         'relation', d.refobjid::text, 'column', d.refobjsubid,
         'full', format('%I.%I.%I', tn.nspname, t.relname, a.attname)) END AS owner
     FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
         AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype IN ('a', 'i')
       LEFT JOIN pg_class t ON t.oid = d.refobjid LEFT JOIN pg_namespace tn ON tn.oid = t.relnamespace
       LEFT JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
     WHERE c.relpersistence <> 't' AND ${userSchema("n")} AND ${notOfExtension("pg_class", "c.oid")}
     ORDER BY n.nspname, c.relname`,
  );
}

/** Sequences that stand for themselves; those of identity columns are made by their column. */
export function sequenceItems(sequences: readonly SequenceRow[], comments: Comments): Item[] {
  return sequences
    .filter((sequence) => sequence.owner?.identity !== true)
    .flatMap((sequence) => {
      const key = `pg_class:${sequence.oid}`;
      const { schema, name, full, owner } = sequence;
      const options = [
        ...(sequence.type === "bigint" ? [] : [`AS ${sequence.type}`]),
        ...sequenceOptions(sequence),
      ];
      const create = [`CREATE ${sequence.unlogged ? "UNLOGGED " : ""}SEQUENCE ${full}`, ...options].join(" ");
      const made: Item = {
        kind: "sequence",
        schema,
        name,
        keys: [key],
        text: [`${create};`, ...commentLines(comments, [{ what: `SEQUENCE ${full}`, key }])].join("\n"),
      };
      if (owner === null) return [made];
      const owned: Item = {
        kind: "sequence owner",
        schema,
        name,
        keys: [`owner:${sequence.oid}`],
        after: [key, `pg_class:${owner.relation}`],
        partOf: key,
        text: `ALTER SEQUENCE ${full} OWNED BY ${owner.full};`,
      };
      return [made, owned];
    });
}

/** The options that differ from what the server would choose. */
export function sequenceOptions(sequence: SequenceRow): string[] {
  const [low, high] = bounds[sequence.type] ?? ["", ""];
  const descending = sequence.increment.startsWith("-");
  const minimum = descending ? low : "1";
  const maximum = descending ? "-1" : high;
  const start = descending ? sequence.maximum : sequence.minimum;
  return [
    ...(sequence.increment === "1" ? [] : [`INCREMENT BY ${sequence.increment}`]),
    ...(sequence.minimum === minimum ? [] : [`MINVALUE ${sequence.minimum}`]),
    ...(sequence.maximum === maximum ? [] : [`MAXVALUE ${sequence.maximum}`]),
    ...(sequence.start === start ? [] : [`START WITH ${sequence.start}`]),
    ...(sequence.cache === "1" ? [] : [`CACHE ${sequence.cache}`]),
    ...(sequence.cycle ? ["CYCLE"] : []),
  ];
}

const bounds: Readonly<Record<string, readonly [string, string]>> = {
  smallint: ["-32768", "32767"],
  integer: ["-2147483648", "2147483647"],
  bigint: ["-9223372036854775808", "9223372036854775807"],
};
