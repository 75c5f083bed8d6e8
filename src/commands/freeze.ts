import { resolve } from "node:path";
import type { FrozenPlan } from "../core/frozen-plan.ts";
import { personName } from "../core/person-name.ts";
import { freezeApply, freezeRollback } from "../migrate/index.ts";
import { checkOptions } from "./check-options.ts";
import { openProject, type ProjectOptions, profileOf } from "./options.ts";
import { refuseBoth } from "./rollback.ts";

export interface FreezeOptions extends ProjectOptions {
  /** The plan of an `apply` (the default) or of a `rollback`. */
  readonly of?: "apply" | "rollback" | undefined;
  /** Up to and with this version; of a rollback, everything newer than it. */
  readonly to?: string | undefined;
  /** Of a rollback: how many of the newest migrations; default 1. */
  readonly steps?: number | undefined;
  /** Of a rollback: what may be lost, as `rollback` takes it. */
  readonly allow?: readonly string[] | undefined;
  /** Whose plan it is; default GODWIT_ACTOR, or the user of the operating system. */
  readonly as?: string | undefined;
  readonly ticket?: string | undefined;
  /** Where it is written; left out: nowhere. */
  readonly output?: string | undefined;
}

/** Makes a plan for review: what would run, against the database as it is. Null when there is nothing to do. */
export async function freezePlan(options: FreezeOptions = {}): Promise<FrozenPlan | null> {
  checkOptions("freezePlan", options);
  refuseBoth(options);
  const { of = "apply", to, steps, as, ticket, output, cwd = process.cwd() } = options;
  const project = await openProject(options);
  const request = {
    author: as === undefined ? undefined : personName(as, "--as"),
    ticket: ticket === undefined ? undefined : personName(ticket, "--ticket"),
    profile: await profileOf(options),
  };
  const frozen =
    of === "apply"
      ? await freezeApply(project, { to }, request)
      : await freezeRollback(project, { to, steps, allow: options.allow }, request);
  if (frozen !== null && output !== undefined) {
    const { writePlanFile } = await import("../review/index.ts");
    await writePlanFile(resolve(cwd, output), frozen);
  }
  return frozen;
}
