import { GodwitError } from "../core/error.ts";
import {
  type ForgetPreview,
  previewForget,
  type RepairChoice,
  repairHistory,
  settleSteps,
} from "../migrate/index.ts";
import type { RunResult } from "../run/executor.ts";
import { checkOptions } from "./check-options.ts";
import { observed } from "./observed.ts";
import { openProject, type ProjectOptions } from "./options.ts";

export interface RepairOptions extends ProjectOptions, RepairChoice {
  /** Keys of steps of an interrupted run that did take effect. */
  readonly done?: readonly string[] | undefined;
  /** Keys of steps of an interrupted run that did not. */
  readonly notDone?: readonly string[] | undefined;
}

/** Corrects the history, or settles steps whose outcome nobody but an operator can tell. Says what by options only. */
export async function repair(options: RepairOptions): Promise<RunResult> {
  checkOptions("repair", options);
  const { accept, forget, reseal, done = [], notDone = [] } = options;
  const history = accept !== undefined || (forget?.length ?? 0) > 0 || reseal === true;
  const steps = done.length + notDone.length > 0;
  if (history === steps) {
    const message = history
      ? "accept, forget and reseal go apart from done and not-done"
      : "nothing to repair was named";
    throw new GodwitError("GW1001", {
      message,
      hint: "Name one of --accept VERSION, --accept-all, --forget VERSION, --reseal, --done KEY, --not-done KEY; `godwit validate` tells what is wrong.",
    });
  }
  const decisions = new Map<string, "done" | "not-done">([
    ...done.map((key) => [key, "done"] as const),
    ...notDone.map((key) => [key, "not-done"] as const),
  ]);
  return observed(options, options, async (own) => {
    const project = await openProject(own);
    return history ? repairHistory(project, { accept, forget, reseal }) : settleSteps(project, decisions);
  });
}

/** What `repair` with `forget` would mean for each version, for the question before it. Changes nothing. */
export async function forgetPreview(options: RepairOptions): Promise<readonly ForgetPreview[]> {
  checkOptions("repair", options);
  return previewForget(await openProject(options), options.forget ?? []);
}
