import type { Session } from "../engine.ts";
import { commentLines, type Comments } from "./dump-comments.ts";
import type { Item } from "./dump-item.ts";
import { notOfExtension, rows, userSchema } from "./inspect-catalog.ts";

interface RoutineRow {
  readonly oid: string;
  readonly schema: string;
  /** With its argument types, since names may be overloaded. */
  readonly name: string;
  readonly full: string;
  readonly kind: "f" | "p" | "a" | "w";
  readonly definition: string | null;
  /** The parts of CREATE AGGREGATE. */
  readonly aggregate: readonly string[] | null;
}

const nouns = { f: "FUNCTION", w: "FUNCTION", p: "PROCEDURE", a: "AGGREGATE" } as const;

/** Functions, procedures and aggregates. */
export async function routineItems(session: Session, comments: Comments): Promise<Item[]> {
  const found = await rows<RoutineRow>(session, query);
  return found.map((routine) => {
    const key = `pg_proc:${routine.oid}`;
    const text =
      routine.aggregate === null
        ? (routine.definition ?? "").trimEnd()
        : `CREATE AGGREGATE ${routine.full} (\n  ${routine.aggregate.join(",\n  ")}\n)`;
    return {
      kind: "routine",
      schema: routine.schema,
      name: routine.name,
      keys: [key],
      text: [
        `${text};`,
        ...commentLines(comments, [{ what: `${nouns[routine.kind]} ${routine.full}`, key }]),
      ].join("\n"),
    };
  });
}

const modes = `CASE %m WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' WHEN 'w' THEN 'READ_WRITE' END`;
const support = (option: string, column: string): string =>
  `CASE WHEN a.${column} <> 0 THEN '${option} = ' || a.${column}::text END`;

const query = `
  SELECT p.oid::text AS oid, n.nspname AS schema,
    format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) AS name,
    format('%I.%I(%s)', n.nspname, p.proname,
      CASE WHEN p.prokind = 'a' AND p.pronargs = 0 THEN '*' ELSE pg_get_function_identity_arguments(p.oid) END)
      AS "full",
    p.prokind::text AS kind,
    CASE WHEN p.prokind <> 'a' THEN pg_get_functiondef(p.oid) END AS definition,
    CASE WHEN p.prokind = 'a' THEN array_to_json(array_remove(ARRAY[
      'SFUNC = ' || a.aggtransfn::text,
      'STYPE = ' || format_type(a.aggtranstype, NULL),
      CASE WHEN a.aggtransspace > 0 THEN 'SSPACE = ' || a.aggtransspace END,
      ${support("FINALFUNC", "aggfinalfn")},
      CASE WHEN a.aggfinalextra THEN 'FINALFUNC_EXTRA' END,
      CASE WHEN a.aggfinalfn <> 0 THEN 'FINALFUNC_MODIFY = ' || ${modes.replace("%m", "a.aggfinalmodify")} END,
      ${support("COMBINEFUNC", "aggcombinefn")},
      ${support("SERIALFUNC", "aggserialfn")},
      ${support("DESERIALFUNC", "aggdeserialfn")},
      'INITCOND = ' || quote_literal(a.agginitval),
      ${support("MSFUNC", "aggmtransfn")},
      ${support("MINVFUNC", "aggminvtransfn")},
      CASE WHEN a.aggmtranstype <> 0 THEN 'MSTYPE = ' || format_type(a.aggmtranstype, NULL) END,
      CASE WHEN a.aggmtransspace > 0 THEN 'MSSPACE = ' || a.aggmtransspace END,
      ${support("MFINALFUNC", "aggmfinalfn")},
      CASE WHEN a.aggmfinalextra THEN 'MFINALFUNC_EXTRA' END,
      CASE WHEN a.aggmfinalfn <> 0 THEN 'MFINALFUNC_MODIFY = ' || ${modes.replace("%m", "a.aggmfinalmodify")} END,
      'MINITCOND = ' || quote_literal(a.aggminitval),
      CASE WHEN a.aggsortop <> 0 THEN (SELECT format('SORTOP = OPERATOR(%I.%s)', osn.nspname, o.oprname)
        FROM pg_operator o JOIN pg_namespace osn ON osn.oid = o.oprnamespace WHERE o.oid = a.aggsortop) END,
      CASE p.proparallel WHEN 's' THEN 'PARALLEL = SAFE' WHEN 'r' THEN 'PARALLEL = RESTRICTED' END,
      CASE WHEN a.aggkind = 'h' THEN 'HYPOTHETICAL' END], NULL)) END AS aggregate
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    LEFT JOIN pg_aggregate a ON a.aggfnoid = p.oid
  WHERE ${userSchema("n")} AND ${notOfExtension("pg_proc", "p.oid")}
    -- Constructors of range and multirange types come with their type.
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
      AND d.deptype = 'i')`;
