import { resolve } from "node:path";
import { GodwitError } from "../core/error.ts";
import type { FrozenPlan, FrozenSide } from "../core/frozen-plan.ts";
import { applyReviewed } from "../migrate/index.ts";
import type { RunResult } from "../run/executor.ts";
import { checkOptions } from "./check-options.ts";
import { observed } from "./observed.ts";
import { openProject, type ProjectOptions, profileOf } from "./options.ts";

export interface ApplyPlanOptions extends ProjectOptions {
  /** The plan, as `freezePlan` wrote it. */
  readonly file: string;
  /** Of a copy: its databases, as URLs or profiles. Default the profiles that the plan names. */
  readonly source?: string | undefined;
  readonly target?: string | undefined;
}

/** Carries a reviewed plan out, or goes on with it. Rejects with a GodwitError; GW8101 where it is stale. */
export async function applyPlan(options: ApplyPlanOptions): Promise<RunResult> {
  checkOptions("applyPlan", options);
  const frozen = await openPlan(options);
  if (frozen.kind === "copy") return applyCopy(frozen, options);
  const named = await ofPlan(options, frozen);
  return observed(named, named, async (own) => applyReviewed(await openProject(own), frozen));
}

async function applyCopy(plan: FrozenPlan, options: ApplyPlanOptions): Promise<RunResult> {
  const { copyPlanned } = await import("./copy.ts");
  const { file: _, source, target, url: __, profile: ___, ...rest } = options;
  const planned = plan.target.profile;
  if (planned !== null && target !== undefined && target !== planned) throw otherName("--target", planned);
  return copyPlanned(plan, {
    ...rest,
    source: source ?? sideName("--source", plan.source),
    target: target ?? sideName("--target", plan.target),
    drafts: true,
  });
}

/** A URL is kept without its password, so it can only be named again. */
function sideName(option: string, side: FrozenSide | null): string {
  if (side?.profile != null) return side.profile;
  throw new GodwitError("GW1001", {
    message: `the plan was made with a URL (${side?.display ?? ""}), and passwords are not kept: name the database with ${option}`,
    details: { what: option },
  });
}

/** Options for a question about the database of a plan that is in a file. */
export async function namedByPlan<T extends ProjectOptions>(options: T, file: string): Promise<T> {
  return ofPlan(options, await openPlan({ file, cwd: options.cwd }));
}

/**
 * The profile that the plan was made with, also where a URL is named: its gates and approvers are those of the plan's
 * database. Throws GW1001 where another profile is asked for.
 */
export async function ofPlan<T extends ProjectOptions>(options: T, { target }: FrozenPlan): Promise<T> {
  const planned = target.profile;
  if (planned === null || (await profileOf(options)) === planned) return options;
  if (options.profile !== undefined) throw otherName("--profile", planned);
  if ((options.env ?? process.env).GODWIT_PROFILE !== undefined) throw otherName("GODWIT_PROFILE", planned);
  return { ...options, profile: planned };
}

function otherName(what: string, planned: string): GodwitError {
  return new GodwitError("GW1001", {
    message: `the plan was made with the profile ${planned}, and ${what} names something else`,
    hint: `Leave it out: the plan is carried out with its own profile. For another database make another plan.`,
    details: { what, profile: planned },
  });
}

/** Reads and checks a plan file. Throws GW8102, GW8103. */
export async function openPlan({
  file,
  cwd = process.cwd(),
}: {
  readonly file: string;
  readonly cwd?: string | undefined;
}): Promise<FrozenPlan> {
  // Its parser takes time to load, which whoever has no plan file does not pay for.
  const { readPlanFile } = await import("../review/index.ts");
  return readPlanFile(resolve(cwd, file));
}
