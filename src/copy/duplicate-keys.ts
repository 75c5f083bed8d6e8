import { GodwitError } from "../core/error.ts";
import type { Expression } from "../core/expression.ts";
import { tableKey } from "../core/table-key.ts";
import type { KeyPart } from "../engines/data-roles.ts";
import type { Session } from "../engines/engine.ts";
import type { CopyProject } from "./project.ts";
import type { SurveyedTable } from "./survey.ts";

/** Rows that the source tells apart, and that a unique key of the target would take for one. */
export interface DuplicateKey {
  /** What --allow takes: "shop.customers.email:duplicate". */
  readonly name: string;
  /** Some pairs of values, as texts. */
  readonly examples: readonly (readonly [string, string])[];
}

/** Pairs that are shown of each key. */
const shown = 3;

/**
 * Asks the source for rows that are equal under the target's collations, in the columns of each unique key. Only where
 * a column's texts are equal there without being the same: by case, by accents, or by trailing spaces.
 */
export async function duplicateKeys(
  { source, target }: CopyProject,
  tables: readonly SurveyedTable[],
  session: Session,
): Promise<DuplicateKey[]> {
  const found: DuplicateKey[] = [];
  for (const table of tables) {
    const parts = new Map(
      table.columns.map(({ column }, index): [string, KeyPart] => {
        const made = table.target.columns[index]!;
        return [
          made.name,
          { name: column.name, equality: target.engine.render.equality(made, table.target.server) },
        ];
      }),
    );
    const computed = new Set(
      table.copy.columns.flatMap(({ value, target: name }) => (value === null ? [] : name)),
    );
    for (const columns of uniqueKeys(table)) {
      const key = columns.map((name) => parts.get(name));
      if (key.some((part) => part === undefined) || columns.some((name) => computed.has(name))) continue;
      const given = key as readonly KeyPart[];
      if (given.every(({ equality }) => equality === null)) continue;
      const where: Expression | null = table.copy.where;
      const pairs = await source.engine.profile.duplicates(session, table.source, {
        columns: given,
        where,
        limit: shown,
      });
      if (pairs.length === 0) continue;
      const name = `${tableKey(table.source)}.${given.map((part) => part.name).join("+")}:duplicate`;
      if (!found.some((each) => each.name === name)) found.push({ name, examples: pairs });
    }
  }
  return found;
}

function uniqueKeys({ target }: SurveyedTable): string[][] {
  const indexes = target.indexes.filter(
    ({ unique, where, parts }) =>
      unique && where === null && parts.every(({ column, prefix }) => column !== null && prefix === null),
  );
  return [
    ...(target.primaryKey === null ? [] : [[...target.primaryKey.columns]]),
    ...target.uniques.map(({ columns }) => [...columns]),
    ...indexes.map(({ parts }) => parts.flatMap(({ column }) => column ?? [])),
  ];
}

/** Throws GW7003 naming each key that was not accepted: the target itself decides then, when it builds the key. */
export function refuseDuplicates(duplicates: readonly DuplicateKey[], allow: readonly string[]): void {
  const open = duplicates.filter(({ name }) => !allow.includes(name));
  if (open.length === 0) return;
  const lines = open.map(({ name, examples }) => `${name} (${examples.map(pairText).join("; ")})`);
  throw new GodwitError("GW7003", {
    message: `a unique key of the target would take different values for one: ${lines.join(", ")}`,
    hint: "Correct the rows, or leave the decision to the target by --allow NAME: the copy then stops when it builds the key, if it does take them for one.",
    details: { duplicates: open },
  });
}

export function pairText([one, other]: readonly [string, string]): string {
  return `${JSON.stringify(one)} and ${JSON.stringify(other)}`;
}
