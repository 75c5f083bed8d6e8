import { randomUUID } from "node:crypto";
import { type FrozenPlan, type FrozenSide, freezePlan } from "../../core/frozen-plan.ts";
import { version as tool } from "../../core/version.ts";
import type { Target } from "../../core/target.ts";
import { actor } from "../actor.ts";
import { estimatesOf, impactOf } from "./impact.ts";
import { checkStatements } from "./check-statements.ts";
import { databaseState, type Looked } from "./database-state.ts";

/** Who wants a plan reviewed, and how its databases are named. */
export interface FreezeRequest {
  /** Default: whoever runs the command. */
  readonly author?: string | undefined;
  readonly ticket?: string | undefined;
  /** The profiles that name the target and, of a copy, the source. */
  readonly profile?: string | null;
  readonly sourceProfile?: string | null;
}

export type Frozen = Pick<FrozenPlan, "kind" | "intent" | "source" | "steps" | "undo" | "files" | "hazards">;

/** Makes the document of a plan against its target as it is now. */
export async function freeze(
  frozen: Frozen,
  looked: Looked & { readonly target: Target },
  request: FreezeRequest,
): Promise<FrozenPlan> {
  // As it will be checked before it runs.
  checkStatements(looked.engine, frozen.steps);
  if (frozen.undo !== null) checkStatements(looked.engine, frozen.undo.steps);
  const impact = impactOf(looked.engine, frozen.steps, frozen.undo);
  return freezePlan({
    id: randomUUID(),
    madeAt: looked.facts.now,
    tool,
    author: request.author ?? actor(),
    ticket: request.ticket ?? null,
    kind: frozen.kind,
    // As it will be read: without members that are undefined.
    intent: JSON.parse(JSON.stringify(frozen.intent)),
    target: await frozenSide(looked, request.profile ?? null),
    source: frozen.source,
    steps: frozen.steps,
    undo: frozen.undo,
    files: frozen.files,
    hazards: [...frozen.hazards, ...impact.hazards],
    locks: impact.locks,
    estimates: await estimatesOf(looked.engine, looked.session, impact.tables),
  });
}

export async function frozenSide(
  looked: Looked & { readonly target: Target },
  profile: string | null,
): Promise<FrozenSide> {
  return { ...(await databaseState(looked)), display: looked.target.display, profile };
}
