import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import type { RowKeeping, Statement } from "../core/plan.ts";
import type { Engine, Traits } from "../engines/engine.ts";
import type { Mark } from "./directives.ts";

/** Which statements keep the rows that they change: those that declare it, or each that changes rows. */
export type SnapshotPolicy = "declared" | "always";

export interface RowFile {
  readonly engine: Engine;
  /** The migration's version, and how many rows the history has of it: an application has names of its own. */
  readonly version: string;
  readonly applications: number;
  /** Of the database, "" where it has a server to itself: others on the server may change the same table. */
  readonly database: string;
  readonly policy: SnapshotPolicy;
  readonly text: string;
  readonly path: string;
}

/** Marks the statements whose rows are kept. Throws GW8301 where that cannot be, GW2010 for a mark that is no statement's. */
export function keepingRows(
  file: RowFile,
  statements: readonly Statement[],
  marks: readonly Mark[],
): Statement[] {
  const words = new Map<number, Mark>();
  for (const mark of marks) {
    if (mark.word === "restore") throw misplaced(file, mark, "belongs in a down file");
    const index = statementAfter(file, statements, mark);
    if (index === null) throw misplaced(file, mark, "stands before no statement");
    words.set(index, mark);
  }
  return statements.map((statement, index) => {
    const word = words.get(index)?.word ?? (file.policy === "always" ? "always" : null);
    if (word === null || word === "no-snapshot") return statement;
    const keeps = keepingOf(file, statement, { index, isDeclared: word === "snapshot" });
    return keeps === null ? statement : { ...statement, keeps };
  });
}

/** Numbers of the statements before which a down file puts rows back; one more than there are is its end. */
export function restoreMarks(
  file: Pick<RowFile, "text" | "path">,
  statements: readonly Statement[],
  marks: readonly Mark[],
): readonly number[] {
  return marks.map((mark, index) => {
    if (mark.word !== "restore") throw misplaced(file, mark, "belongs in an up file");
    if (index > 0) throw misplaced(file, mark, "stands a second time; all kept rows are put back at once");
    return statementAfter(file, statements, mark) ?? statements.length;
  });
}

/** Statements that change rows, by their first words; a WITH may hide one. */
const changing = /^(INSERT|UPDATE|DELETE|MERGE|REPLACE|TRUNCATE|WITH|SELECT|LOAD)\b/;

function keepingOf(
  { engine, version, applications, database, path }: RowFile,
  statement: Statement,
  { index, isDeclared }: { index: number; isDeclared: boolean },
): RowKeeping | null {
  if (!isDeclared && !changing.test(statement.label)) return null;
  const refuse = (why: string) =>
    new GodwitError("GW8301", {
      message: `${path}:${statement.line}: the rows of this statement cannot be kept: ${why}`,
      details: { file: path, line: statement.line },
    });
  if (engine.rowSnapshot === undefined) throw refuse(`${engine.traits.title} has no snapshots of rows`);
  const change = engine.rowSnapshot.changeOf(statement.text);
  if (change === null) {
    if (!isDeclared) return null;
    throw refuse(`${statement.label} changes no rows that are there`);
  }
  if ("refused" in change) throw refuse(change.refused);
  if (!statement.transactional) throw refuse("it runs outside of a transaction");
  const place = database === "" ? [] : [database];
  const id = digest([version, index + 1, applications, ...place]).slice(0, 8);
  const name = (word: string) => nameBeside(engine.traits, change.table.name, `_${word}_${id}`);
  return {
    id,
    change,
    before: name("rollback"),
    after: change.action === "delete" ? null : name("changed"),
  };
}

/** The table's name, cut so that the end fits. */
function nameBeside(traits: Traits, table: string, end: string): string {
  const letters = [...table];
  while (letters.length > 1 && traits.refusesName(`${letters.join("")}${end}`) !== null) letters.pop();
  return `${letters.join("")}${end}`;
}

/** The number of the statement behind a mark; null at the end. Throws GW2010 for one that could be misread. */
function statementAfter(
  file: Pick<RowFile, "text" | "path">,
  statements: readonly Statement[],
  mark: Mark,
): number | null {
  const next = statements.findIndex(({ offset }) => offset > mark.offset);
  const before = statements.at(next === -1 ? -1 : next - 1);
  if (before !== undefined && (next === -1 || next > 0)) {
    const end = before.offset + before.text.length;
    if (mark.offset < end) throw misplaced(file, mark, "stands inside a statement");
    if (!file.text.slice(end, mark.offset).includes("\n")) {
      throw misplaced(file, mark, "stands behind a statement; it belongs on a line before it");
    }
  }
  return next === -1 ? null : next;
}

function misplaced({ path }: Pick<RowFile, "path">, { word, line }: Mark, why: string): GodwitError {
  return new GodwitError("GW2010", {
    message: `${path}:${line}: ${word} ${why}`,
    details: { file: path, line },
  });
}
