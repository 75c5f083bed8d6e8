import type { DatabaseSync } from "node:sqlite";
import { firstWord, readsOnly } from "./statement-word.ts";

/** A row whose parent is missing; `rowid` is null in a table without row ids. */
export interface Violation {
  readonly table: string;
  readonly rowid: string | null;
  readonly parent: string;
  /** Set where the check itself failed: the parent's columns are not unique. */
  readonly problem?: string;
}

export interface Violations {
  /** At most `listed` of them. */
  readonly rows: readonly Violation[];
  /** All of them, counted by child and parent table. */
  readonly counts: ReadonlyMap<string, number>;
}

const listed = 10_000;

/** Every broken reference of the database. Reads each table that has foreign keys, and no other. */
export function findViolations(database: DatabaseSync): Violations {
  const rows: Violation[] = [];
  const counts = new Map<string, number>();
  const add = (violation: Violation) => {
    const pair = pairOf(violation);
    counts.set(pair, (counts.get(pair) ?? 0) + 1);
    if (rows.length < listed) rows.push(violation);
  };
  const children = database.prepare(`
    SELECT name FROM main.sqlite_schema AS s
     WHERE type = 'table' AND sql LIKE '%references%' AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(s.name, 'main'))
     ORDER BY name`);
  for (const { name } of children.all()) {
    const table = String(name);
    try {
      const check = database.prepare(`PRAGMA main.foreign_key_check("${table.replaceAll('"', '""')}")`);
      for (const row of check.iterate()) {
        add({ table, rowid: row.rowid === null ? null : String(row.rowid), parent: String(row.parent) });
      }
    } catch (error) {
      const problem = (error as Error).message;
      if (!problem.includes("foreign key mismatch")) throw error;
      add({ table, rowid: null, parent: /referencing "(.*)"/.exec(problem)?.[1] ?? "", problem });
    }
  }
  return { rows, counts };
}

/**
 * What `after` has and `before` has not. A violation is known again by its row id, so one that a table rebuild
 * moved to another row id counts as new. Beyond the listed rows only the numbers are compared.
 */
export function newViolations(before: Violations, after: Violations): Violation[] {
  const old = tally(before.rows.map(keyOf));
  const complete = before.rows.length < listed;
  const grown = (violation: Violation) =>
    (after.counts.get(pairOf(violation)) ?? 0) > (before.counts.get(pairOf(violation)) ?? 0);
  return after.rows.filter((violation) => {
    const left = old.get(keyOf(violation)) ?? 0;
    if (left > 0) old.set(keyOf(violation), left - 1);
    return left === 0 && (complete || grown(violation));
  });
}

/**
 * Whether a statement can break a reference: all that change rows or tables, except those that only add an empty
 * object, and the ledger's own. The checks read whole tables, so they are made only for these.
 */
export function mayBreakReferences(sql: string): boolean {
  if (readsOnly(sql) || harmless.has(firstWord(sql))) return false;
  return !/^\s*(?:insert\s+into|update|delete\s+from)\s+main\."godwit_/i.test(sql);
}

const harmless = new Set([
  "",
  "create",
  "pragma",
  "analyze",
  "reindex",
  "savepoint",
  "release",
  "vacuum",
  "attach",
  "detach",
]);

const pairOf = ({ table, parent }: Violation) => JSON.stringify([table, parent]);
const keyOf = ({ table, rowid, parent }: Violation) => JSON.stringify([table, rowid, parent]);

function tally(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
