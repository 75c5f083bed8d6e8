import { digest } from "../core/canonical.ts";
import { GodwitError } from "../core/error.ts";
import {
  type HistoryChange,
  type RestoreRowsStep,
  type RowTablesStep,
  type ScriptStep,
  type SqlStep,
  type Statement,
  type Step,
  withoutTransaction,
} from "../core/plan.ts";
import type { Engine } from "../engines/engine.ts";
import type { StepRecord } from "../run/ledger.ts";
import type { Contents } from "./content.ts";
import { readDirectives } from "./directives.ts";
import type { Migration } from "./folder.ts";
import { keepingRows, restoreMarks } from "./keep-rows.ts";
import { keptBy, keptIn, restoreStep, type RowChoice, rowFileOf } from "./restore-rows.ts";
import { mayExport, scriptTokens } from "./script-tokens.ts";

/** A text longer than this is not kept in the history, so an edit of it is found but not shown as a difference. */
const maxSourceChars = 1_048_576;

/**
 * Compiles a migration, or its undoing, to steps; the last one writes the history. `records` are the steps of an
 * interrupted run: where one of them began, one begins, so that an edit of the statements after it does not
 * change which statements it holds.
 */
export function compileMigration(
  engine: Engine,
  contents: Contents,
  migration: Migration,
  direction: "up" | "down",
  records: readonly BegunStep[] = [],
  rows: RowChoice = {},
): Step[] {
  if (migration.script) return [compileScript(engine, contents, migration, direction)];
  const file = direction === "up" ? contents.up(migration) : contents.down(migration);
  if (file === null) return restoreAll(engine, contents, migration, rows);
  const directives = readDirectives(engine, file.text, file.path);
  const read = engine.syntax.statements(file.text, file.path);
  const plain = directives.noTransaction ? read.map(withoutTransaction) : read;
  const isUp = direction === "up";
  const rowFile = rowFileOf(engine, migration, file, rows);
  const statements = isUp ? keepingRows(rowFile, plain, directives.marks) : plain;
  const restores = isUp ? [] : restoreMarks(rowFile, statements, directives.marks);
  const starts = startsOf(records, `${migration.version}/${direction}/`);
  const groups = groupStatements(
    statements,
    (number) => directives.noTransaction || starts.has(number) || restores.includes(number - 1),
  );
  const isOneTransaction = groups.length === 1 && groups[0]?.transaction === true;
  const undo = undoOf(engine, migration, direction, {
    isWhole: isOneTransaction,
    keepsAll: statements.every(({ keeps, session }) => keeps !== undefined || session),
  });
  const snapshots = restores.length === 0 ? [] : keptBy(engine, contents, migration, rows);
  const preamble: Statement[] = [];
  let first = 1;
  const base = {
    unit: migration.version,
    unitTitle: migration.name,
    limits: directives.limits,
    file: file.path,
  };
  const restoring = (): RestoreRowsStep => ({
    ...base,
    ...restoreStep(migration, snapshots, rows),
    undo,
    preamble: [...preamble],
  });
  const steps = groups.flatMap((group, index): Step[] => {
    const number = first;
    const key = `${migration.version}/${direction}/${first}`;
    first += group.statements.length;
    const keeps = group.statements.flatMap((statement) => statement.keeps ?? []);
    const tables: RowTablesStep[] =
      keeps.length === 0 || engine.traits.transactionalDdl
        ? []
        : [
            {
              ...base,
              kind: "row-tables",
              key: `${key}/tables`,
              title: `make ${keeps.map(({ before }) => before).join(", ")}`,
              // Without the ids, which tell one application from another.
              hash: digest(keeps.map(({ change }) => change)),
              undo: "dropped by `godwit snapshots`",
              keeps,
              preamble: [...preamble],
              history: [],
            },
          ];
    const step: SqlStep = {
      kind: "sql",
      key,
      title: titleOf(group.statements),
      // Without the limits: raising one is how a run that stopped at a time-out is helped on.
      hash: digest([group.transaction, group.statements.map(({ text }) => text)]),
      ...base,
      undo,
      transaction: group.transaction,
      statements: group.statements,
      preamble: [...preamble],
      history:
        index === groups.length - 1 && !restores.includes(statements.length)
          ? [change(contents, migration, direction)]
          : [],
    };
    const before = restores.includes(number - 1) ? [restoring()] : [];
    preamble.push(...group.statements.filter((statement) => statement.session));
    return [before, tables, [step]].flat();
  });
  if (!restores.includes(statements.length)) return steps;
  return [...steps, { ...restoring(), history: [change(contents, migration, direction)] }];
}

/** Without a down file: the rows are put back, where that undoes all that the migration did. Throws GW2008. */
function restoreAll(engine: Engine, contents: Contents, migration: Migration, rows: RowChoice): Step[] {
  const { ids, statements, file } = keptIn(engine, contents, migration, rows);
  const other = statements.find((statement) => statement.keeps === undefined && !statement.session);
  if (ids.length === 0) throw noWayBack(migration);
  if (other !== undefined) {
    throw new GodwitError("GW2008", {
      message: `${noWayBack(migration).message}, and only some of its statements keep their rows: ${other.label} on line ${other.line} does not`,
      details: { version: migration.version, line: other.line },
    });
  }
  return [
    {
      ...restoreStep(migration, ids, rows),
      unit: migration.version,
      unitTitle: migration.name,
      limits: {},
      undo: "apply it again",
      file: file.path,
      preamble: [],
      history: [change(contents, migration, "down")],
    },
  ];
}

/** What is known of a step of an interrupted run: its key, and, once it is done, how many statements it held. */
type BegunStep = Pick<StepRecord, "key"> & Partial<Pick<StepRecord, "state" | "captured">>;

/** Numbers of the statements at which the steps of an interrupted run began, or at which the one after them does. */
function startsOf(records: readonly BegunStep[], prefix: string): ReadonlySet<number> {
  const starts = new Set<number>();
  for (const { key, state, captured } of records) {
    if (!key.startsWith(prefix)) continue;
    const start = Number(key.slice(prefix.length));
    starts.add(start);
    const kept = state === "done" ? (JSON.parse(captured ?? "null") as { statements?: number } | null) : null;
    if (kept?.statements !== undefined) starts.add(start + kept.statements);
  }
  return starts;
}

function compileScript(
  engine: Engine,
  contents: Contents,
  migration: Migration,
  direction: "up" | "down",
): ScriptStep {
  const { rawHash, text } = contents.up(migration);
  // As in SQL files: PostgreSQL's texts cannot hold one, and the history keeps the file's.
  if (text.includes("\0")) {
    throw new GodwitError("GW2003", {
      message: `${migration.up} holds a NUL character`,
      details: { path: migration.up },
    });
  }
  if (!mayExport(text, direction)) {
    throw direction === "down"
      ? noWayBack(migration)
      : new GodwitError("GW2009", {
          message: `${migration.up} has no exported function \`up\``,
          details: { path: migration.up },
        });
  }
  return {
    kind: "script",
    key: `${migration.version}/${direction}`,
    title: `${direction}() of ${migration.name}.ts`,
    hash: digest([direction, contents.sqlHash(migration), rawHash]),
    unit: migration.version,
    unitTitle: migration.name,
    limits: {},
    undo: direction === "up" ? "down(), where it is exported" : "up()",
    file: migration.up,
    direction,
    transaction: engine.traits.transactionalDdl && !optsOut(contents.up(migration).text),
    history: [change(contents, migration, direction)],
  };
}

/** `export const transaction = false`: read from the text, because a plan never runs a migration's code. */
function optsOut(text: string): boolean {
  return (
    text.includes("transaction") &&
    / export const transaction = false /.test(` ${scriptTokens(text).join(" ")} `)
  );
}

/**
 * Neighbouring statements that can share a transaction do; each other one stands alone. Where `begins` says so of
 * a statement's number, from 1, a new group begins in any case.
 */
function groupStatements(
  statements: readonly Statement[],
  begins: (number: number) => boolean,
): { transaction: boolean; statements: Statement[] }[] {
  const groups: { transaction: boolean; statements: Statement[] }[] = [];
  for (const [index, statement] of statements.entries()) {
    const last = groups.at(-1);
    if (!begins(index + 1) && statement.transactional && last?.transaction === true)
      last.statements.push(statement);
    else groups.push({ transaction: statement.transactional, statements: [statement] });
  }
  return groups;
}

export function change(contents: Contents, migration: Migration, direction: "up" | "down"): HistoryChange {
  const { text, rawHash } = contents.up(migration);
  return {
    action: direction === "up" ? "apply" : "rollback",
    version: migration.version,
    name: migration.name,
    kind: migration.kind,
    rawHash,
    sqlHash: contents.sqlHash(migration),
    source: direction === "up" && text.length <= maxSourceChars ? text : null,
  };
}

export function noWayBack(migration: Migration): GodwitError {
  const wanted = migration.script
    ? `exported function \`down\` in ${migration.name}.ts`
    : migration.form === "flyway"
      ? `U${migration.name.slice(1)}.sql`
      : `${migration.name}.down.sql`;
  return new GodwitError("GW2008", {
    message: `${migration.name} cannot be rolled back: there is no ${wanted}`,
    details: { version: migration.version },
  });
}

function undoOf(
  engine: Engine,
  migration: Migration,
  direction: "up" | "down",
  { isWhole, keepsAll }: { readonly isWhole: boolean; readonly keepsAll: boolean },
): string {
  const automatic = isWhole && engine.traits.transactionalDdl ? "a failure rolls all of it back; " : "";
  if (direction === "down") return `${automatic}apply it again`;
  if (migration.down !== null) return `${automatic}its down file`;
  return `${automatic}${keepsAll ? "its rows are put back" : "no down file: roll forward"}`;
}

function titleOf(statements: readonly Statement[]): string {
  const labels = statements.map(({ label, keeps }) =>
    keeps === undefined ? label : `${label} (its rows kept in ${keeps.before})`,
  );
  const shown = labels.slice(0, 3).join(", ");
  return labels.length > 3 ? `${shown} and ${labels.length - 3} more` : shown;
}
