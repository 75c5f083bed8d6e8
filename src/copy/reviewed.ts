import type { FrozenPlan, FrozenSide } from "../core/frozen-plan.ts";
import { GodwitError } from "../core/error.ts";
import type { ServerFacts, Session } from "../engines/engine.ts";
import { type LedgerState, readLedger } from "../run/ledger.ts";
import { checkApprovals } from "../run/reviewed/check-approvals.ts";
import { checkReviewed } from "../run/reviewed/check-reviewed.ts";
import { databaseState } from "../run/reviewed/database-state.ts";
import { freeze, type FreezeRequest, frozenSide } from "../run/reviewed/freeze.ts";
import { changesSince } from "../run/reviewed/staleness.ts";
import {
  askedOf,
  carryOut,
  type CopyIntent,
  type CopyResult,
  leftUndone,
  newIntent,
  prepare,
  refuseContradictions,
} from "./copy.ts";
import { refuseDuplicates } from "./duplicate-keys.ts";
import { nothingMade } from "./given-up.ts";
import { refuseLosses } from "./losses.ts";
import { refuseForeignFile } from "./objects/drafts-file.ts";
import type { CopyChoice, CopyProject } from "./project.ts";
import { withSession } from "./with-session.ts";

/** What a copy would do, as a document for review. Reads only; throws GW7003 for losses that were not accepted. */
export async function freezeCopy(
  project: CopyProject,
  choice: CopyChoice,
  request: FreezeRequest,
): Promise<FrozenPlan> {
  refuseContradictions(choice);
  if (choice.resume !== undefined || choice.restart === true) {
    throw new GodwitError("GW1001", {
      message: "a plan for review begins a copy: without --resume and --restart",
    });
  }
  const { target, source } = project;
  await target.engine.syntax.load();
  const facts = await withSession(project, "target", (session) => target.engine.connect.facts(session));
  const prepared = await prepare(project, choice, facts, nothingMade);
  refuseLosses(prepared.losses, choice.allow ?? []);
  refuseDuplicates(prepared.survey.duplicates, choice.allow ?? []);
  const intent = {
    ...newIntent(project, askedOf(project, choice)),
    made: prepared.made,
    left: leftUndone(prepared),
  };
  const from = await withSession(project, "source", (session) =>
    sourceSide(project, session, request.sourceProfile ?? null),
  );
  return withSession(project, "target", async (session) => {
    const state = await readLedger(target.engine, session, "copy");
    refuseUnfinished(state);
    const steps = prepared.plan.steps;
    return freeze(
      { kind: "copy", intent, source: from, steps, undo: null, files: [], hazards: [] },
      { engine: target.engine, target: target.target, session, facts, state },
      request,
    );
  });

  async function sourceSide(own: CopyProject, session: Session, profile: string | null): Promise<FrozenSide> {
    const { engine } = source;
    const facts = await engine.connect.facts(session);
    return frozenSide({ engine, session, facts, state: unread, target: own.source.target }, profile);
  }
}

/** A source's ledger is none of a copy's business. */
const unread: LedgerState = { version: null, history: [], unfinished: null, steps: [], lastRecordedSeq: 0 };

function refuseUnfinished({ unfinished }: LedgerState): void {
  if (unfinished === null) return;
  throw new GodwitError("GW7004", {
    message: `the target has the unfinished copy ${unfinished.id}, which goes on, or is given up, first`,
    hint: `\`--resume ${unfinished.id}\` goes on with it; \`--restart\` drops what it made.`,
    details: { unfinished: unfinished.id },
  });
}

/** Carries a reviewed copy out, or goes on with it. Throws GW8101 where one of the two databases has changed. */
export async function copyReviewed(
  project: CopyProject,
  frozen: FrozenPlan,
  choice: Pick<CopyChoice, "drafts"> = {},
): Promise<CopyResult> {
  checkApprovals(frozen, project.gates.approvers);
  if (choice.drafts !== undefined) refuseForeignFile(choice.drafts);
  const { engine } = project.target;
  await engine.syntax.load();
  const intent = { ...(frozen.intent as CopyIntent), steps: frozen.steps };
  return carryOut(project, choice, {
    intent,
    reviewed: frozen,
    compile: async (state, facts, _, { session }) => {
      const plan = await checkReviewed(frozen, { engine, session, facts, state });
      // A copy that goes on compares what it has already with the source as it is now.
      if (plan !== null && state.unfinished?.planHash !== frozen.hash)
        await refuseChangedSource(project, frozen);
      return plan;
    },
  });
}

async function refuseChangedSource(project: CopyProject, { source: planned }: FrozenPlan): Promise<void> {
  if (planned === null) return;
  const { engine } = project.source;
  const changes = await withSession(project, "source", async (session) => {
    const facts: ServerFacts = await engine.connect.facts(session);
    return changesSince(planned, await databaseState({ engine, session, facts, state: unread }), []);
  });
  if (changes.length === 0) return;
  throw new GodwitError("GW8101", {
    message: `the plan does not fit its source any more: ${changes.map(({ message }) => message).join("; ")}`,
    details: {
      changes: changes.map(({ what, message }) => ({ what, message })),
      edits: changes.flatMap(({ diff }) => (diff === undefined ? [] : [{ name: "source", diff }])),
    },
  });
}
