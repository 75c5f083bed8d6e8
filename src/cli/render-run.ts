import type { Plan, Step } from "../core/plan.ts";
import type { RunResult } from "../run/executor.ts";
import { countText, durationText } from "./amounts.ts";
import type { Paint } from "./paint.ts";
import { nearPaths } from "./render-error.ts";
import type { RunRecord } from "./run-record.ts";
import { tableText } from "./table.ts";
import { oneLine } from "./visible-text.ts";

export interface RunTextOptions {
  /** "applied", "rolled back" */
  readonly verb: string;
  readonly paint: Paint;
  readonly cwd: string;
  /** What is said when there was nothing to do. */
  readonly nothing: string;
}

/** The summary of a run: what was done, how long each migration took, what was written. */
export function runText(
  result: RunResult,
  record: Pick<RunRecord, "units" | "schemaFile">,
  options: RunTextOptions,
): string {
  const { verb, paint, cwd, nothing } = options;
  const lines: string[] = [];
  if (result.state === "nothing") return `${nothing}\n`;
  if (record.units.length === 0) lines.push("the interrupted run was complete; it is closed now\n");
  else {
    const count = countText(record.units.length, "migration");
    lines.push(`${paint.green(verb)} ${count} in ${durationText(result.durationMs)}\n\n`);
    const rows = record.units.map(({ name, title, durationMs }) => [
      oneLine(title),
      contentText(result.plan, name),
      durationText(durationMs),
    ]);
    lines.push(tableText(rows, { right: [1, 2] }));
  }
  if (record.schemaFile !== null) lines.push(`\nwrote ${oneLine(nearPaths(record.schemaFile, cwd))}\n`);
  return lines.join("");
}

/** What JSON tells of a run. The plan itself is left out for its size; `godwit plan --json` prints it. */
export function runDocument(
  result: RunResult,
  record: Pick<RunRecord, "units" | "schemaFile">,
): Record<string, unknown> {
  const { runId, state, epoch, performed, durationMs, plan } = result;
  const migrations = record.units.map(({ name, title, durationMs }) => {
    return { version: name, name: title, durationMs };
  });
  return {
    state,
    runId,
    epoch,
    planHash: plan?.hash ?? null,
    hazards: plan?.hazards ?? [],
    migrations,
    performed,
    schemaFile: record.schemaFile,
    durationMs,
  };
}

/** What a run that only writes history rows did: "accepted 20260131093000_orders". */
export function recordText({ plan, state }: RunResult): string {
  if (state === "nothing") return "nothing to do\n";
  const verbs = {
    apply: "applied",
    rollback: "rolled back",
    baseline: "recorded",
    accept: "accepted",
    forget: "forgot",
    reseal: "resealed:",
  } as const;
  const changes = plan?.steps.flatMap((step) => step.history) ?? [];
  return changes.map(({ action, name }) => `${verbs[action]} ${oneLine(name)}\n`).join("");
}

function contentText(plan: Plan | null, unit: string): string {
  const steps = plan?.steps.filter((step) => step.unit === unit) ?? [];
  if (steps.some((step) => step.kind === "script")) return "script";
  const count = steps.reduce((sum, step) => sum + statementsOf(step), 0);
  return count === 0 ? "" : countText(count, "statement");
}

function statementsOf(step: Step): number {
  return step.kind === "sql" ? step.statements.length : 0;
}
