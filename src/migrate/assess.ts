import { GodwitError } from "../core/error.ts";
import type { PlanKind } from "../core/plan.ts";
import { type LedgerState, mayHaveEffect, openSteps } from "../run/ledger.ts";
import type { Contents } from "./content.ts";
import { compareMigrations, type Migration } from "./folder.ts";
import { belowBaseline, foldHistory, type History } from "./history.ts";
import { compareVersions } from "./version.ts";

export type MigrationState =
  /** In the history, and the file is as it was. */
  | "applied"
  /** Applied; since then only comments or white space were edited. */
  | "reformatted"
  /** Applied, and its SQL was edited since. */
  | "edited"
  /** Applied, but its file is gone. */
  | "missing"
  /** Not applied because it lies below the baseline. */
  | "baseline"
  | "pending"
  /** Some of its statements took effect. */
  | "half-applied"
  /** Some of the statements that undo it took effect. */
  | "half-rolled-back"
  /** A repeatable migration that changed since it was run, or before a rollback that may have dropped what it made: it is pending again. */
  | "outdated";

export interface AssessedMigration {
  readonly version: string;
  readonly name: string;
  readonly kind: Migration["kind"];
  readonly state: MigrationState;
  /** It is not in the folder. */
  readonly fileMissing: boolean;
  /** Pending, and older than the newest applied one. */
  readonly outOfOrder: boolean;
  readonly appliedAt: string | null;
  readonly durationMs: number | null;
  /** How far it came, where it is half applied or half rolled back. */
  readonly progress: HalfProgress | null;
  readonly migration: Migration | null;
}

export interface HalfProgress {
  readonly doneStatements: number;
  /** Null for a TypeScript migration, whose statements are known only when it runs. */
  readonly totalStatements: number | null;
  /** The statement from which the next run goes on. */
  readonly next: { readonly number: number; readonly line: number; readonly label: string } | null;
}

export interface Assessment {
  readonly migrations: readonly AssessedMigration[];
  readonly history: History;
}

/** Holds the folder against the ledger. *Pending* is a set difference, never "newer than the newest". */
export function assess(folder: readonly Migration[], ledger: LedgerState, contents: Contents): Assessment {
  const history = foldHistory(ledger.history);
  const halves = halfDone(ledger);
  const newest = newestApplied(history);
  const byVersion = new Map(folder.map((migration) => [migration.version, migration]));
  const migrations: AssessedMigration[] = folder.map((migration) => {
    const applied = history.applied.get(migration.version);
    const half = halves.get(migration.version);
    const state = stateOf(
      migration,
      history,
      contents,
      half === undefined ? null : (ledger.unfinished?.kind ?? null),
    );
    return {
      version: migration.version,
      name: migration.name,
      kind: migration.kind,
      state,
      fileMissing: false,
      outOfOrder:
        state === "pending" &&
        migration.kind === "versioned" &&
        newest !== null &&
        compareVersions(migration.version, newest) < 0,
      appliedAt: applied?.appliedAt ?? null,
      durationMs: applied?.durationMs ?? null,
      progress: half === undefined ? null : { doneStatements: half, totalStatements: null, next: null },
      migration,
    };
  });
  const known = new Set([...history.applied.keys(), ...halves.keys()]);
  for (const version of known) {
    if (byVersion.has(version)) continue;
    const applied = history.applied.get(version);
    const half = halves.get(version);
    migrations.push({
      version,
      // The ledger's steps do not keep the name of a file that was never applied as a whole.
      name: applied?.name ?? version,
      kind: applied?.kind ?? (version.startsWith("R__") ? "repeatable" : "versioned"),
      state: half === undefined ? "missing" : halfState(ledger.unfinished?.kind ?? null),
      fileMissing: true,
      outOfOrder: false,
      appliedAt: applied?.appliedAt ?? null,
      durationMs: applied?.durationMs ?? null,
      progress: half === undefined ? null : { doneStatements: half, totalStatements: null, next: null },
      migration: null,
    });
  }
  return { migrations: migrations.sort(compareMigrations), history };
}

function stateOf(
  migration: Migration,
  history: History,
  contents: Contents,
  half: PlanKind | null,
): MigrationState {
  if (half !== null) return halfState(half);
  const applied = history.applied.get(migration.version);
  if (applied === undefined) {
    return migration.kind === "versioned" && belowBaseline(history, migration.version)
      ? "baseline"
      : "pending";
  }
  // A down file may have dropped what it made (DROP TABLE … CASCADE): to run it again is right in any case.
  if (migration.kind === "repeatable" && applied.seq < history.lastRollback) return "outdated";
  if (contents.up(migration).rawHash === applied.rawHash) return "applied";
  if (contents.sqlHash(migration) === applied.sqlHash) return "reformatted";
  return migration.kind === "repeatable" ? "outdated" : "edited";
}

function halfState(run: PlanKind | null): MigrationState {
  return run === "rollback" ? "half-rolled-back" : "half-applied";
}

/** Units of the unfinished run of which something took effect, or may have: how many statements are recorded as done. */
export function halfDone(ledger: Pick<LedgerState, "steps">): Map<string, number> {
  const halves = new Map<string, number>();
  for (const step of openSteps(ledger)) {
    if (!mayHaveEffect(step)) continue;
    halves.set(step.unit, (halves.get(step.unit) ?? 0) + (step.state === "done" ? 1 : 0));
  }
  return halves;
}

function newestApplied(history: History): string | null {
  let newest = history.baseline;
  for (const { version, kind } of history.applied.values()) {
    if (kind === "versioned" && (newest === null || compareVersions(version, newest) > 0)) newest = version;
  }
  return newest;
}

export interface Policies {
  readonly outOfOrder: "error" | "warn" | "allow";
}

/** What stands in the way of applying, as errors; what is only noteworthy, as warnings. */
export function judgeAssessment(
  assessment: Assessment,
  policies: Policies,
): { errors: GodwitError[]; warnings: { code: string; message: string }[] } {
  const errors: GodwitError[] = [];
  const warnings: { code: string; message: string }[] = [];
  for (const entry of assessment.migrations) {
    const details = { version: entry.version, name: entry.name };
    if (entry.progress !== null && entry.fileMissing) {
      errors.push(lostHalf(entry));
      continue;
    }
    if (entry.state === "edited") {
      const message = `${entry.name} was edited after it was applied (${entry.appliedAt})`;
      errors.push(new GodwitError("GW5001", { message, details }));
    } else if (entry.state === "missing") {
      const message = `${entry.name} is in the history (${entry.appliedAt}) but its file is gone`;
      errors.push(new GodwitError("GW5002", { message, details }));
    } else if (entry.state === "reformatted") {
      warnings.push({
        code: "GW5001",
        message: `${entry.name}: comments or white space were edited after it was applied`,
      });
    } else if (entry.outOfOrder && policies.outOfOrder !== "allow") {
      const message = `${entry.name} is pending but older than the newest applied migration`;
      if (policies.outOfOrder === "warn") warnings.push({ code: "GW5003", message });
      else errors.push(new GodwitError("GW5003", { message, details }));
    }
  }
  return { errors, warnings };
}

/** Half done and without its file, it can be neither finished nor forgotten by accident. */
export function lostHalf({ version, name, state }: AssessedMigration): GodwitError {
  const command = state === "half-rolled-back" ? "rollback" : "apply";
  return new GodwitError("GW5007", {
    message: `${name} is ${state.replaceAll("-", " ")}, and its file is no longer in the folder`,
    hint: `Restore the file and run \`godwit ${command}\`. Or undo by hand what took effect, and say so: \`godwit repair --forget ${version}\`.`,
    details: { version, name },
    outcome: "changed",
  });
}
