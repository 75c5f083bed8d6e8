import { randomUUID } from "node:crypto";
import { digest } from "../core/canonical.ts";
import { type FrozenPlan, undoHash } from "../core/frozen-plan.ts";
import { GodwitError } from "../core/error.ts";
import { type Plan, type RecordStep, sealPlan, type Step } from "../core/plan.ts";
import type { Target } from "../core/target.ts";
import { execute } from "../run/executor.ts";
import { noGates } from "../run/gates/policy.ts";
import { checkStatements } from "../run/reviewed/check-statements.ts";
import { executionOf, fingerprint, type Project } from "./project.ts";
import { stepsInFolder } from "./plan-paths.ts";
import { reading } from "./read.ts";
import { inScratch } from "./scratch.ts";

export interface Rehearsal {
  /** The way forward, back and forward again, in milliseconds; null where it was not gone. */
  readonly forwardMs: number;
  readonly backMs: number | null;
  readonly againMs: number | null;
  /** Migrations without a way back: the way back was not rehearsed. */
  readonly missing: readonly string[];
  /** Both ways were gone, and the schemas are as they should be. */
  readonly verified: boolean;
}

/**
 * Carries a plan out on a scratch database that has the target's schema, undoes it and carries it out again. Schemas are
 * held against each other: that before with that after the way back, and those after both ways forward. What came of it
 * is kept in the target's ledger. Throws GW8109 where something failed or differs.
 */
export async function rehearse(
  project: Project,
  frozen: FrozenPlan,
  scratch: Target | null,
): Promise<Rehearsal> {
  refuseUnfit(frozen);
  await project.engine.syntax.load();
  for (const steps of [frozen.steps, frozen.undo?.steps ?? []]) checkStatements(project.engine, steps);
  try {
    const rehearsal = await inScratch(project, scratch, (own) => goBothWays(own, frozen));
    await keep(project, frozen, rehearsal.verified ? "verified" : "made", rehearsal);
    return rehearsal;
  } catch (error) {
    if (!(error instanceof GodwitError) || error.code !== "GW8109" || error.details.leg === undefined)
      throw error;
    await keep(project, frozen, "failed", { failed: error.message });
    throw error;
  }
}

function refuseUnfit({ kind, steps, target }: FrozenPlan): void {
  const refuse = (message: string) => {
    throw new GodwitError("GW1001", { message });
  };
  if (kind === "copy") refuse("a copy is not rehearsed: it makes what was not there, and proves itself");
  if (steps.some((step) => step.kind === "restore-rows")) {
    refuse("this rollback puts kept rows back, which a scratch database does not have");
  }
  if (target.unfinished !== null) {
    refuse(`the run ${target.unfinished.run} stopped halfway: a plan is rehearsed from a whole state`);
  }
}

async function goBothWays(scratch: Project, frozen: FrozenPlan): Promise<Rehearsal> {
  const { undo, kind } = frozen;
  const missing = undo?.missing ?? [];
  const before = await schemaOf(scratch);
  const forwardMs = await go(scratch, "forward", kind, frozen.steps);
  if (undo === null || missing.length > 0) {
    return { forwardMs, backMs: null, againMs: null, missing, verified: false };
  }
  const there = await schemaOf(scratch);
  const backMs = await go(scratch, "back", kind === "apply" ? "rollback" : "apply", undo.steps);
  await refuseDifferent("back", before, await schemaOf(scratch));
  const againMs = await go(scratch, "again", kind, frozen.steps);
  await refuseDifferent("again", there, await schemaOf(scratch));
  return { forwardMs, backMs, againMs, missing, verified: true };
}

type Leg = "forward" | "back" | "again";

const legNames: Readonly<Record<Leg, string>> = {
  forward: "the way forward",
  back: "the way back",
  again: "the second way forward",
};

/** One way, as a run of its own; its time in milliseconds. */
async function go(scratch: Project, leg: Leg, kind: Plan["kind"], steps: readonly Step[]): Promise<number> {
  const own = stepsInFolder(steps, scratch.folder);
  try {
    const { durationMs } = await execute({
      ...executionOf({ ...scratch, gates: noGates, emit: warningsOf(scratch) }),
      intent: { command: "rehearse", leg },
      compile: async (state, facts) =>
        sealPlan({
          kind,
          target: fingerprint(scratch.engine, facts, state.history.at(-1)?.rowHash ?? ""),
          steps: own,
          hazards: [],
        }),
    });
    return durationMs;
  } catch (error) {
    if (!(error instanceof GodwitError) || error.code === "GW4006") throw error;
    throw new GodwitError("GW8109", {
      message: `${legNames[leg]} failed: ${error.message}`,
      details: { ...error.details, leg, code: error.code },
      cause: error,
    });
  }
}

/** The run is not one of the target's: of its events only warnings are told. */
function warningsOf({ emit }: Project): Project["emit"] {
  return (event) => {
    if (event.type === "warning:raised") emit(event);
  };
}

interface Schema {
  /** Equal where the schemas are: a text can differ in quotes that SQLite adds when it renames a table. */
  readonly model: string;
  readonly text: string;
}

async function schemaOf({ engine, ...rest }: Project): Promise<Schema> {
  return reading({ engine, ...rest }, async (session) => ({
    model: digest(await engine.inspect.schema(session)),
    text: await engine.inspect.dump(session),
  }));
}

async function refuseDifferent(leg: Leg, expected: Schema, found: Schema): Promise<void> {
  if (expected.model === found.model) return;
  const { createTwoFilesPatch } = await import("diff");
  const names =
    leg === "back"
      ? ["schema (before)", "schema (after the way back)"]
      : ["schema (first)", "schema (second)"];
  const diff = createTwoFilesPatch(names[0] ?? "", names[1] ?? "", expected.text, found.text, "", "", {
    context: 2,
  });
  throw new GodwitError("GW8109", {
    message:
      leg === "back"
        ? "the way back does not undo: the schema after it is not the one before"
        : "the second way forward makes another schema than the first",
    details: { leg, edits: [{ name: "schema", diff }] },
  });
}

/** A row in the target's ledger, by which the gate knows of it. */
async function keep(
  project: Project,
  frozen: FrozenPlan,
  state: "verified" | "made" | "failed",
  body: object,
): Promise<void> {
  const { contentHash, hash } = frozen;
  const of = { plan: hash, undo: undoHash(frozen.undo) };
  const id = randomUUID();
  const artifact = { id, kind: "rehearsal", state, name: contentHash, body: { ...body, ...of } };
  const step: RecordStep = {
    kind: "record",
    key: "record",
    title: `rehearsal of ${contentHash.slice(0, 12)}`,
    hash: digest(artifact),
    unit: "rehearsal",
    unitTitle: "rehearsal",
    limits: {},
    undo: "the row is kept",
    history: [],
    artifacts: [artifact],
  };
  await execute({
    ...executionOf({ ...project, emit: warningsOf(project) }),
    intent: { command: "rehearse", plan: hash },
    compile: async (ledger, facts) =>
      sealPlan({
        kind: "record",
        target: fingerprint(project.engine, facts, ledger.history.at(-1)?.rowHash ?? ""),
        steps: [step],
        hazards: [],
      }),
  });
}
