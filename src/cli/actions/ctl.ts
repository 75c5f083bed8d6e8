import { ctl as control, type ControlledRun, type CtlReport } from "../../commands/ctl.ts";
import { parsePercent } from "../../config/percent.ts";
import { parseSize } from "../../config/size.ts";
import { GodwitError } from "../../core/error.ts";
import { type ControlCommand, controlCommands, operatorOf } from "../../run/guard/control.ts";
import { bytesText } from "../amounts.ts";
import type { Invocation } from "../command-spec.ts";
import { oneLine } from "../visible-text.ts";
import { readingOptions } from "./reading.ts";

const actions: readonly string[] = ["status", ...controlCommands];

/** Tells a run something, or shows what the runs were told. */
export async function ctl(invocation: Invocation): Promise<number> {
  const [action = "", ...rest] = invocation.arguments;
  if (!actions.includes(action)) {
    throw new GodwitError("GW1001", {
      message: `ctl: ${JSON.stringify(action)} is none of ${actions.join(", ")}`,
      details: { action },
    });
  }
  const given = wordsOf(action, rest);
  const report = await control({
    ...readingOptions(invocation),
    action: action as ControlCommand | "status",
    ...given,
  });
  invocation.output.result("ctl", { ...report }, () => reportText(report));
  return 0;
}

function wordsOf(action: string, rest: readonly string[]): { value?: number; run?: string | undefined } {
  const takesValue = action === "throttle" || action === "chunk-size";
  const [value, run, more] = takesValue ? rest : [undefined, ...rest];
  if (more !== undefined) throw new GodwitError("GW1001", { message: `ctl ${action} takes one run` });
  if (!takesValue) return { run };
  if (value === undefined) {
    const example = action === "throttle" ? "30%" : "4MB";
    throw new GodwitError("GW1001", {
      message: `ctl ${action} takes a value: godwit ctl ${action} ${example}`,
    });
  }
  const what = `ctl ${action}`;
  return {
    value: action === "throttle" ? parsePercent(value, { what }) / 100 : parseSize(value, { what }),
    run,
  };
}

const told: Readonly<Record<ControlCommand, string>> = {
  pause: "pauses before its next statement or batch",
  resume: "goes on, where nothing else holds it",
  stop: "stops before its next statement or batch",
  throttle: "changes its speed",
  "chunk-size": "cuts the tables that are not begun yet so",
};

function reportText({ sent, runs }: CtlReport): string {
  const lines: string[] = [];
  if (sent !== null) {
    const isThere = runs.some(({ state }) => state === "running");
    const heard =
      sent.takenAt !== null
        ? told[sent.command]
        : isThere
          ? "has not heard it yet"
          : "is not going on; it hears it when it does";
    lines.push(`run ${oneLine(sent.run)} ${heard}\n`);
  }
  if (sent === null && runs.length === 0) lines.push("every run is done\n");
  for (const run of runs) lines.push(runText(run));
  return lines.join("");
}

function runText({ id, kind, state, startedAt, orders, waiting }: ControlledRun): string {
  const { pausedBy, throttle, chunkBytes } = orders;
  const facts = [
    ...(pausedBy === null ? [] : [`paused by ${operatorOf(pausedBy)}`]),
    ...(throttle === 1 ? [] : [`throttled to ${Number((throttle * 100).toFixed(2))}%`]),
    ...(chunkBytes === null ? [] : [`chunks of ${bytesText(chunkBytes)}`]),
    ...waiting.map((row) => `not heard yet: ${row.command} by ${operatorOf(row)}`),
  ];
  const head = `${oneLine(id)}  ${kind}  ${state}  since ${oneLine(startedAt)}\n`;
  return head + facts.map((fact) => `  ${oneLine(fact, 300)}\n`).join("");
}
