import type { FrozenPlan, PlannedLock } from "../../core/frozen-plan.ts";
import type { SqlStep, Step } from "../../core/plan.ts";
import { keyFingerprint } from "../../core/ssh-key.ts";
import type { GateState } from "../../run/gates/gate.ts";
import { bytesText, countText, durationText, numberText, timeText } from "../amounts.ts";
import { copyChoices } from "../copy-choices.ts";
import { type Block, heading, paragraph, sql, table } from "./document.ts";

/** A plan for review: what it is, whether it may run, what it may lose, whom it keeps waiting, and each statement. */
export function planSections(plan: FrozenPlan, gates: readonly GateState[]): Block[] {
  return [
    table(["Plan", plan.hash], factsOf(plan)),
    ...section(
      "Gates",
      table(
        ["Gate", "State", "Why"],
        gates.map(({ gate, outcome, reason }) => [gate, outcome, reason]),
      ),
    ),
    heading(2, "Dangers and hazards"),
    plan.hazards.length === 0
      ? paragraph("None is known.")
      : table(["Level", "Kind", "Statement", "What happens"], hazardRows(plan)),
    ...section("Tables that it touches", table(["Table", "Rows, about", "Size"], estimateRows(plan))),
    ...section("Who has to wait", table(["Object", "Lock", "Keeps waiting", "Statement"], lockRows(plan))),
    heading(2, "Statements"),
    ...stepBlocks(plan.steps),
    heading(2, "The way back"),
    ...undoBlocks(plan),
  ];
}

export function planTitle({ kind, target }: FrozenPlan): string {
  const what = { apply: "Migration", rollback: "Rollback", copy: "Copy" }[kind];
  return `${what} of ${target.database}`;
}

/** "3 of 20260131093000_orders" */
export function placeOf(plan: Pick<FrozenPlan, "steps">, key: string, statement?: number): string {
  const step = plan.steps.find((each) => each.key === key);
  const unit = step?.unitTitle ?? key;
  const line =
    step?.kind === "sql" && statement !== undefined ? step.statements[statement - 1]?.line : undefined;
  return line === undefined ? unit : `${unit}:${line}`;
}

/** A section is left out where it would be empty. */
function section(title: string, block: Block): Block[] {
  return block.kind === "table" && block.rows.length === 0 ? [] : [heading(2, title), block];
}

function factsOf(plan: FrozenPlan): string[][] {
  const { target, source } = plan;
  const profile = target.profile === null ? "" : ` (profile ${target.profile})`;
  const approvals = plan.approvals.map(({ approver, ticket, approvedAt, key, accepts }) => {
    const signed = key === null ? "not signed" : keyFingerprint(key);
    const of = ticket === null ? "" : `, ${ticket}`;
    const agreed = accepts.length === 0 ? "" : `, agrees to ${accepts.join(", ")}`;
    return ["Approved by", `${approver}, ${timeText(approvedAt)}, ${signed}${of}${agreed}`];
  });
  return [
    ["Database", `${target.display}${profile}`],
    ["Server", `${target.version}${target.server === "" ? "" : `, ${target.server}`}`],
    ...(source === null ? [] : [["Source", source.display]]),
    ["Author", plan.author],
    ...(plan.ticket === null ? [] : [["Ticket", plan.ticket]]),
    ["Made", `${timeText(plan.madeAt)} UTC, by Godwit ${plan.tool}`],
    ["Content", plan.contentHash],
    ...approvals,
  ];
}

function hazardRows(plan: FrozenPlan): string[][] {
  return plan.hazards
    .toSorted((a, b) => Number(b.level === "danger") - Number(a.level === "danger"))
    .map(({ level, type, step, statement, message }) => [
      level,
      type,
      placeOf(plan, step, statement),
      message,
    ]);
}

function estimateRows({ estimates }: FrozenPlan): string[][] {
  return estimates.map(({ table: name, rows, bytes }) => [
    name,
    rows === null ? "?" : numberText(rows),
    bytes === null ? "?" : bytesText(bytes),
  ]);
}

function lockRows(plan: FrozenPlan): string[][] {
  return plan.locks
    .filter(({ blocks }) => blocks !== "nobody")
    .map((lock) => [lock.object, lock.mode, waitersOf(lock), placeOf(plan, lock.step, lock.statement)]);
}

function waitersOf({ blocks }: PlannedLock): string {
  return blocks === "reads and writes" ? "everybody: reads and writes" : blocks;
}

/** The SQL of steps, unit by unit, with its transactions. */
export function stepBlocks(steps: readonly Step[]): Block[] {
  const units = [...Map.groupBy(steps, ({ unit }) => unit).values()];
  const blocks: Block[] = [];
  for (const ofUnit of units) {
    blocks.push(heading(3, ofUnit[0]?.unitTitle ?? ""));
    for (const step of ofUnit) blocks.push(...stepBlock(step));
  }
  return blocks;
}

function stepBlock(step: Step): Block[] {
  if (step.kind === "sql") {
    const limits = Object.entries(step.limits).map(([name, ms]) => {
      return `${name === "lockTimeoutMs" ? "lock" : "statement"} timeout ${ms === 0 ? "none" : durationText(ms)}`;
    });
    const boundary = step.transaction ? ["BEGIN", "COMMIT"] : ["-- outside of a transaction", ""];
    const note = limits.length === 0 ? "" : `  -- ${limits.join(", ")}`;
    const text = step.statements.map((statement) => `${statement.text};`).join("\n");
    return [
      sql(
        [
          `${boundary[0]};${note}`.replace(/^(--[^;]*);/, "$1"),
          text,
          boundary[1] === "" ? "" : `${boundary[1]};`,
        ]
          .filter((part) => part !== "")
          .join("\n"),
      ),
    ];
  }
  if (step.kind === "copy-rows") {
    const rows = step.tables.reduce((sum, each) => sum + each.estimate.rows, 0);
    return [
      paragraph(
        `Rows of ${countText(step.tables.length, "table")}, about ${numberText(rows)}: ${step.title}`,
      ),
      ...copyChoices(step.tables).map(paragraph),
    ];
  }
  if (step.kind === "parallel") {
    const made = step.steps.flatMap((part) => (part.kind === "sql" ? part.statements : []));
    return [paragraph(step.title), sql(made.map(({ text }) => `${text};`).join("\n"))];
  }
  if (step.kind === "objects") {
    const textsOf = (parts: readonly SqlStep[]) =>
      parts.flatMap(({ statements }) => statements.map(({ text }) => text));
    const made = step.objects.flatMap(({ settings, make }) => [...settings, ...textsOf(make)]);
    const dropped = textsOf(step.objects.flatMap(({ drop }) => drop ?? []));
    const block = (texts: readonly string[]) => sql(texts.map((text) => `${text};`).join("\n"));
    return [
      paragraph(step.title),
      block(made),
      ...(dropped.length === 0 ? [] : [paragraph("What is not kept is dropped again:"), block(dropped)]),
    ];
  }
  return [paragraph(step.title)];
}

export function undoBlocks({ undo, kind, steps }: FrozenPlan): Block[] {
  if (undo === null) {
    const [first] = steps;
    return [paragraph(kind === "copy" ? (first?.undo ?? "") : "There is none.")];
  }
  const missing = undo.missing.map((title) => paragraph(`${title} has no way back: write a new migration.`));
  return [...missing, ...stepBlocks(undo.steps)];
}
