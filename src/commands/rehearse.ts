import type { FrozenPlan } from "../core/frozen-plan.ts";
import { freezeApply, rehearse as rehearsePlan, type Rehearsal } from "../migrate/index.ts";
import { ofPlan, openPlan } from "./apply-plan.ts";
import { checkOptions } from "./check-options.ts";
import { openConfig, openProject, type ProjectOptions, profileOf } from "./options.ts";
import { otherSide } from "./other-side.ts";

export interface RehearseOptions extends ProjectOptions {
  /** A plan, as `freezePlan` wrote it; left out: what `apply` would run now. */
  readonly file?: string | undefined;
  /** Up to and with this version. */
  readonly to?: string | undefined;
  /** An empty database for it: a connection URL or a profile; default the configuration's, or one that is made. */
  readonly scratch?: string | undefined;
}

export interface RehearsalReport extends Rehearsal {
  readonly plan: FrozenPlan;
  /** How long the way back may take, where the environment says so. */
  readonly budgetMs: number | null;
}

/**
 * Runs a plan forward, back and forward on a scratch database with the target's schema. Null when there is nothing to
 * do. Throws GW8109 where a way failed, or does not undo the other one.
 */
export async function rehearse(options: RehearseOptions = {}): Promise<RehearsalReport | null> {
  checkOptions("rehearse", options);
  const { file, to, cwd } = options;
  const read = file === undefined ? null : await openPlan({ file, cwd });
  const project = await openProject(read === null ? options : await ofPlan(options, read));
  const plan = read ?? (await freezeApply(project, { to }, { profile: await profileOf(options) }));
  if (plan === null) return null;
  const name = options.scratch ?? (await openConfig(options, ["scratch"])).scratch;
  const scratch = name === null ? null : (await otherSide(name, options)).target;
  const rehearsal = await rehearsePlan(project, plan, scratch);
  return { ...rehearsal, plan, budgetMs: project.gates.demands.rollbackMs };
}
