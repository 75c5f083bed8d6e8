import type { PortableAction } from "../../core/portable.ts";
import { typeOfName } from "../../sql/expression/type-name.ts";
import type { Session } from "../engine.ts";
import { rows, userSchema } from "./inspect-catalog.ts";

interface TriggerRow {
  readonly key: string;
  readonly kind: number;
  readonly columns: readonly string[] | null;
  readonly definition: string;
  readonly body: string;
  readonly isOff: boolean;
}

interface RoutineRow {
  readonly key: string;
  readonly isProcedure: boolean;
  readonly returns: string;
  readonly parameters:
    | readonly { readonly name: string | null; readonly mode: string; readonly type: string }[]
    | null;
  readonly body: string;
}

/** Triggers and routines in parts, by their keys. */
export async function readActions(session: Session): Promise<ReadonlyMap<string, PortableAction>> {
  const triggers = await rows<TriggerRow>(session, triggerQuery);
  const routines = await rows<RoutineRow>(session, routineQuery);
  return new Map([
    ...triggers.map((row): [string, PortableAction] => [row.key, triggerOf(row)]),
    ...routines.map((row): [string, PortableAction] => [row.key, routineOf(row)]),
  ]);
}

/** The bits of pg_trigger.tgtype (catalog/pg_trigger.h). */
function triggerOf({ kind, columns, definition, body, isOff }: TriggerRow): PortableAction {
  const of = columns === null ? "" : ` of ${columns.join(", ")}`;
  return {
    kind: "trigger",
    timing: (kind & 2) !== 0 ? "before" : (kind & 64) !== 0 ? "instead of" : "after",
    events: [
      ...((kind & 4) !== 0 ? ["insert"] : []),
      ...((kind & 16) !== 0 ? [`update${of}`] : []),
      ...((kind & 8) !== 0 ? ["delete"] : []),
      ...((kind & 32) !== 0 ? ["truncate"] : []),
    ],
    forEach: (kind & 1) !== 0 ? "row" : "statement",
    condition: /\bWHEN \((.*)\) EXECUTE /s.exec(definition)?.[1] ?? null,
    body: body.trim(),
    ...(isOff ? { isOff } : {}),
  };
}

function routineOf({ isProcedure, returns, parameters, body }: RoutineRow): PortableAction {
  const modes: Readonly<Record<string, "in" | "out" | "inout">> = { o: "out", b: "inout", t: "out" };
  return {
    kind: "routine",
    returns: isProcedure ? null : (typeNamed(returns) ?? "other"),
    parameters: (parameters ?? []).map(({ name, mode, type }, index) => ({
      name: name === null || name === "" ? `p${index + 1}` : name,
      mode: modes[mode] ?? "in",
      type: typeNamed(type),
      declared: type,
    })),
    body: body.trim(),
  };
}

function typeNamed(printed: string) {
  return typeOfName(printed, []);
}

const triggerQuery = `
  SELECT 'pg_trigger:' || t.oid AS key, t.tgtype::int AS kind, pg_get_triggerdef(t.oid) AS definition, p.prosrc AS body,
    t.tgenabled IN ('D', 'R') AS "isOff",
    (SELECT json_agg(a.attname ORDER BY k.n) FROM unnest(t.tgattr::int2[]) WITH ORDINALITY AS k (number, n)
       JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum = k.number) AS columns
  FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal AND t.tgparentid = 0`;

const routineQuery = `
  SELECT 'pg_proc:' || p.oid AS key, p.prokind = 'p' AS "isProcedure", p.prosrc AS body,
    CASE WHEN p.proretset THEN 'SETOF ' ELSE '' END || format_type(p.prorettype, NULL) AS returns,
    (SELECT json_agg(json_build_object('name', p.proargnames[k.n], 'mode', coalesce(p.proargmodes[k.n]::text, 'i'),
       'type', format_type(k.type, NULL)) ORDER BY k.n)
     FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY AS k (type, n)) AS parameters
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE p.prokind IN ('f', 'p') AND ${userSchema("n")}`;
