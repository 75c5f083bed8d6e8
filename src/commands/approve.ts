import { resolve } from "node:path";
import type { FrozenPlan } from "../core/frozen-plan.ts";
import { openPlan } from "./apply-plan.ts";
import { checkOptions } from "./check-options.ts";
import { openConfig, type ProjectOptions } from "./options.ts";

export interface ApproveOptions extends Pick<ProjectOptions, "cwd" | "env" | "profile" | "config"> {
  /** The plan, as `freezePlan` wrote it; the approval is added to it. */
  readonly file: string;
  /** Who approves. */
  readonly as: string;
  readonly ticket?: string | undefined;
  /** A file with an Ed25519 key that signs. */
  readonly key?: string | undefined;
  /** Dangers of the plan that are agreed to, by their types. */
  readonly allow?: readonly string[] | undefined;
}

/** Adds an approval to a plan's file. Throws GW8102 to GW8104, GW8108; asks no database. */
export async function approve(options: ApproveOptions): Promise<FrozenPlan> {
  checkOptions("approve", options);
  const { file, as, ticket, key, allow = [], cwd = process.cwd() } = options;
  const path = resolve(cwd, file);
  const { approvePlan, holdFile, openSigningKey, writePlanFile } = await import("../review/index.ts");
  await using _held = await holdFile(path);
  const plan = await openPlan({ file, cwd });
  const { approvers } = await openConfig(
    { ...options, profile: options.profile ?? plan.target.profile ?? undefined },
    ["approvers"],
  );
  const approved = await approvePlan(plan, {
    approver: as,
    ticket: ticket ?? null,
    accepts: allow,
    key: key === undefined ? null : await openSigningKey(resolve(cwd, key)),
    allowed: approvers,
    at: new Date().toISOString(),
  });
  await writePlanFile(path, approved);
  return approved;
}
