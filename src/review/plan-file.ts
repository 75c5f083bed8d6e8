import { basename } from "node:path";
import * as v from "valibot";
import { readBoundedFile } from "../config/bounded-file.ts";
import { parseJson } from "../config/json-document.ts";
import { approvalSeal } from "../core/approval.ts";
import { contentHash, type FrozenPlan, frozenFormat, frozenHash } from "../core/frozen-plan.ts";
import { GodwitError } from "../core/error.ts";
import { replaceFile } from "../run/files/replace-file.ts";
import { planSchema } from "./plan-schema.ts";

/** The schema and every statement are in it; a plan of 15,000 migrations has 40 MB. */
const maxPlanBytes = 256 * 1024 * 1024;

/** Reads a plan, and believes nothing of it. Throws GW8102 for what is no whole plan, GW8103 for an edited one. */
export async function readPlanFile(path: string): Promise<FrozenPlan> {
  const read = await readBoundedFile(path, maxPlanBytes);
  if ("problem" in read) throw unusable(path, `is ${read.problem}`);
  const value = parsed(path, read.text);
  refuseForeign(path, value);
  const result = v.safeParse(planSchema, value);
  if (!result.success) {
    const [issue] = result.issues;
    const at = v.getDotPath(issue) ?? "the whole";
    throw unusable(path, `does not have the shape of a plan: at ${at}: ${shortened(issue.message)}`);
  }
  // The schema describes exactly this type, but for the parts that only the hash holds.
  const plan = result.output as unknown as FrozenPlan;
  refuseEdited(path, plan);
  return plan;
}

/** Written beside, and put in its place when it is on disk. A new file is its owner's: it holds the schema. */
export async function writePlanFile(path: string, plan: FrozenPlan): Promise<void> {
  await replaceFile(path, { keepsRights: true }, (write) => write(`${JSON.stringify(plan, null, 2)}\n`));
}

function parsed(path: string, text: string): unknown {
  try {
    return parseJson(text, basename(path));
  } catch (error) {
    throw unusable(path, `is no whole JSON document: ${(error as Error).message}`);
  }
}

/** Says what it is instead, where that can be told. */
function refuseForeign(path: string, value: unknown): void {
  const { godwit, format, type } = (typeof value === "object" && value !== null ? value : {}) as Readonly<
    Record<string, unknown>
  >;
  if (type === "result") {
    throw unusable(path, "is what a command printed with --json; a plan is written by `godwit plan -o FILE`");
  }
  if (godwit !== "plan") throw unusable(path, "is no plan of Godwit's");
  if (typeof format === "number" && format > frozenFormat) {
    throw unusable(path, `has format ${format}; this program knows up to ${frozenFormat}`);
  }
}

function refuseEdited(path: string, plan: FrozenPlan): void {
  const edited = (what: string) =>
    new GodwitError("GW8103", { message: `${path}: ${what}`, details: { file: path, hash: plan.hash } });
  if (frozenHash(plan) !== plan.hash) throw edited("it does not have the hash that it names: it was edited");
  if (contentHash(plan.kind, plan.steps) !== plan.contentHash) {
    throw edited("its steps do not have the hash that it names: it was edited");
  }
  for (const approval of plan.approvals) {
    if (approvalSeal(plan, approval) === approval.seal) continue;
    throw edited(`the approval of ${approval.approver} does not belong to it: one of them was edited`);
  }
}

function unusable(path: string, why: string): GodwitError {
  return new GodwitError("GW8102", { message: `${path} ${why}`, details: { file: path } });
}

function shortened(message: string): string {
  return message.length > 300 ? `${message.slice(0, 300)}…` : message;
}
