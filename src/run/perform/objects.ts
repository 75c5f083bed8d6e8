import { GodwitError } from "../../core/error.ts";
import type { Emit } from "../../core/event.ts";
import type { ObjectsStep, ObjectToMake, RefusedObject, SqlStep } from "../../core/plan.ts";
import type { PortableSchema, PortableView } from "../../core/portable.ts";
import { tableKey } from "../../core/table-key.ts";
import type { ErrorKind, Session } from "../../engines/engine.ts";
import { compareView } from "../compare/compare-view.ts";
import { kindOf } from "../failure.ts";
import { interrupted } from "../lock.ts";
import { type ObjectMarks, objectMarks } from "../object-marks.ts";
import type { DoneStep, StepContext } from "./context.ts";
import { settlePart } from "./settle-part.ts";
import { sourceFailure, sourceOf } from "./source-side.ts";
import { inTransaction, performSql } from "./sql.ts";

/**
 * Makes what the step holds, then looks whether the views give the source's rows. Every statement has a record of its
 * own, so a killed run goes on behind the last one. What was not made is told by events and kept with the record.
 */
export async function performObjects(context: StepContext, step: ObjectsStep): Promise<void> {
  const inner: StepContext = { ...context, next: undefined, intents: new Map(), restore: null };
  const refused = new Map<number, string>();
  for (const [place, object] of step.objects.entries()) {
    const reason = missingNeed(step, object, refused) ?? (await made(inner, object));
    if (reason !== null) refused.set(place, reason);
  }
  // SQLite makes a view of what comes after it; where that was refused, so are the view and what needs it.
  for (let before = -1; before !== refused.size;) {
    before = refused.size;
    for (const [place, object] of step.objects.entries()) {
      const reason = refused.has(place) ? null : missingNeed(step, object, refused);
      if (reason !== null) refused.set(place, reason);
    }
  }
  await compareViews(inner, step, refused);
  // What an earlier attempt has dropped because of a view that this one has found wanting again.
  for (const [place, reason] of refused) {
    if (reason !== droppedBefore) continue;
    refused.set(place, missingNeed(step, step.objects[place]!, refused) ?? reason);
  }
  // The last one first: what others read cannot go before them.
  for (const [place, object] of [...step.objects.entries()].toReversed()) {
    if (!refused.has(place) || object.drop === null) continue;
    if (object.make.some((part) => inner.done.has(part.key))) await once(inner, object.drop);
  }
  // A function of the user's may have run.
  await context.session.reset();
  const list = step.objects.flatMap(({ what, name }, place): RefusedObject[] => {
    const reason = refused.get(place);
    if (reason === undefined) context.emit({ type: "object:made", key: step.key, what, name });
    else context.emit({ type: "object:undone", key: step.key, what, name, reason });
    return reason === undefined ? [] : [{ what, name, reason }];
  });
  const marks = objectMarks(await schemaOf(context));
  await inTransaction(context, step, async (): Promise<KeptOfObjects> => ({ refused: list, marks }));
}

/** What the step's record keeps: what was not made, and how all objects of the target looked when it ended. */
export interface KeptOfObjects {
  readonly refused: readonly RefusedObject[];
  readonly marks: ObjectMarks;
}

/** Of a step that an earlier attempt has done, what that did not make: each attempt tells all of it. */
export function retellObjects({ key }: ObjectsStep, done: DoneStep | undefined, emit: Emit): void {
  const result = (done?.kept as { readonly result?: KeptOfObjects | readonly RefusedObject[] } | undefined)
    ?.result;
  // Records of earlier versions have the list alone.
  const list = result === undefined ? [] : "refused" in result ? result.refused : result;
  for (const refused of list) emit({ type: "object:undone", key, ...refused });
}

function missingNeed(
  { objects }: ObjectsStep,
  { needs }: ObjectToMake,
  refused: ReadonlyMap<number, string>,
): string | null {
  const need = needs.find((place) => refused.has(place));
  if (need === undefined) return null;
  const { what = "", name = "" } = objects[need] ?? {};
  return `it needs ${what} ${name}, which was not made`;
}

/** The record of an earlier attempt says no more. */
const droppedBefore = "it did not give the source's rows";

/** Why the target refuses the object; null where it was made. */
async function made(context: StepContext, object: ObjectToMake): Promise<string | null> {
  const { session, done } = context;
  if (object.drop !== null && done.has(object.drop.key)) return droppedBefore;
  try {
    const unset = await refusedSetting(context, object.settings);
    if (unset !== null) return unset;
    for (const part of object.make) await once(context, part);
    return null;
  } catch (error) {
    const reason = refusal(context, error);
    if (reason === null) throw error;
    return reason;
  } finally {
    // A connection that is lost is told by the error above.
    if (object.settings.length > 0) await session.reset().catch(() => {});
  }
}

/** What the server said against a setting, such as a time zone that it does not know; null where all are made. */
async function refusedSetting(
  { session, engine }: StepContext,
  settings: readonly string[],
): Promise<string | null> {
  try {
    for (const setting of settings) await session.execute(setting);
    return null;
  } catch (error) {
    const { kind, message } = engine.errors.classify(error);
    if (!refusing.has(kind)) throw error;
    return message;
  }
}

/** Carries out a part unless its record says that it is done. */
async function once(context: StepContext, part: SqlStep): Promise<void> {
  if (context.signal?.aborted) throw interrupted({ next: part.key });
  await context.guard.pass(part.key);
  await settlePart(context, part);
  if (context.done.has(part.key)) return;
  await performSql(context, part);
  context.done.set(part.key, { hash: part.hash, kept: null });
}

/** Kinds in which a server speaks of the statement, and not of its own state. */
const refusing: ReadonlySet<ErrorKind> = new Set([
  "syntax",
  "missing-object",
  "duplicate-object",
  "constraint",
  "permission",
  "other",
]);

/** What the server said against a statement of which nothing took effect; null of any other failure. */
function refusal({ engine }: StepContext, error: unknown): string | null {
  if (!(error instanceof GodwitError) || error.outcome !== "unchanged" || error.cause === undefined)
    return null;
  if (!refusing.has(kindOf(engine, error))) return null;
  const { message, detail } = engine.errors.classify(error.cause);
  return detail === undefined || detail === "" ? message : `${message} ${detail}`;
}

/** Adds the views that do not give the source's rows, and those that read them. */
async function compareViews(
  context: StepContext,
  step: ObjectsStep,
  refused: Map<number, string>,
): Promise<void> {
  const { engine, session, signal, crew } = context;
  const wanted = step.objects.filter(({ compared }, place) => compared !== null && !refused.has(place));
  if (wanted.length === 0) return;
  const source = sourceOf(context);
  const { sessions } = await crew.readers(source, 1);
  const [reader] = sessions as readonly [Session];
  const there = new Map((await viewsOf(context)).map((view) => [tableKey(view), view]));
  for (const [place, object] of step.objects.entries()) {
    const { compared } = object;
    if (refused.has(place)) continue;
    const missing = missingNeed(step, object, refused);
    if (missing !== null) refused.set(place, missing);
    if (compared === null || missing !== null) continue;
    if (signal?.aborted) throw interrupted({ next: step.key });
    await context.guard.pass(step.key);
    const made = there.get(tableKey(compared.target));
    const reason =
      made === undefined
        ? "the target's catalogue does not show it"
        : await crew.working([reader], () =>
            compareView({
              source: { engine: source.engine, session: reader },
              target: { engine, session },
              view: compared,
              types: made.types,
              signal,
              ofSource: (error) => sourceFailure(source, error),
            }),
          );
    if (reason !== null) refused.set(place, reason);
  }
}

async function viewsOf(context: StepContext): Promise<readonly PortableView[]> {
  return (await schemaOf(context)).views;
}

async function schemaOf({
  engine,
  session,
}: StepContext): Promise<Pick<PortableSchema, "views" | "leftovers">> {
  return (await engine.normalize?.schema(session)) ?? { views: [], leftovers: [] };
}
