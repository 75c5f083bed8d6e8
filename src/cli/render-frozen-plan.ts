import { type FrozenPlan, thawPlan } from "../core/frozen-plan.ts";
import type { GateState } from "../run/gates/gate.ts";
import { bytesText, numberText } from "./amounts.ts";
import { placeOf } from "./document/plan-sections.ts";
import type { Paint } from "./paint.ts";
import { planText } from "./render-plan.ts";
import { tableText } from "./table.ts";
import { oneLine } from "./visible-text.ts";

/** A plan for review, on a terminal: its statements, then what to think of before it runs. */
export function frozenPlanText(
  plan: FrozenPlan,
  gates: readonly GateState[],
  options: { readonly paint: Paint; readonly cwd: string },
): string {
  const { paint } = options;
  return [
    planText({ ...thawPlan(plan), hazards: [] }, options),
    section("hazards", paint, hazardRows(plan, paint)),
    section("tables", paint, estimateRows(plan)),
    section("who has to wait", paint, lockRows(plan)),
    section("approvals", paint, approvalRows(plan)),
    gatesText(gates, paint),
    `\nplan ${plan.hash} by ${oneLine(plan.author)}\n`,
  ].join("");
}

/** How each gate stands; nothing where none is demanded. */
export function gatesText(gates: readonly GateState[], paint: Paint): string {
  const colours = { passed: paint.green, skipped: paint.dim, failed: paint.red };
  return section(
    "gates",
    paint,
    gates.map(({ gate, outcome, reason }) => [gate, colours[outcome](outcome), oneLine(reason, 300)]),
  );
}

function section(title: string, paint: Paint, rows: readonly (readonly string[])[]): string {
  return rows.length === 0 ? "" : `\n${paint.bold(title)}\n${tableText(rows)}`;
}

function hazardRows(plan: FrozenPlan, paint: Paint): string[][] {
  return plan.hazards.map(({ level, type, step, statement, message }) => [
    level === "danger" ? paint.red(level) : paint.yellow(level),
    type,
    oneLine(placeOf(plan, step, statement)),
    oneLine(message, 300),
  ]);
}

function estimateRows({ estimates }: FrozenPlan): string[][] {
  return estimates.map(({ table, rows, bytes }) => [
    oneLine(table),
    rows === null ? "" : `about ${numberText(rows)} rows`,
    bytes === null ? "" : bytesText(bytes),
  ]);
}

function lockRows(plan: FrozenPlan): string[][] {
  return plan.locks
    .filter(({ blocks }) => blocks !== "nobody")
    .map(({ object, mode, blocks, step, statement }) => [
      oneLine(object),
      mode,
      blocks,
      oneLine(placeOf(plan, step, statement)),
    ]);
}

function approvalRows({ approvals }: FrozenPlan): string[][] {
  return approvals.map(({ approver, ticket, key, approvedAt }) => [
    oneLine(approver),
    key === null ? "not signed" : "signed",
    oneLine(ticket ?? ""),
    approvedAt,
  ]);
}
