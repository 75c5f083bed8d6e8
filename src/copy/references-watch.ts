import { GodwitError } from "../core/error.ts";
import type { GodwitEvent } from "../core/event.ts";
import type { CopyIntent } from "./copy.ts";
import { referenceText } from "./kept-tables.ts";

/** Knows by a run's events whether foreign keys of the target are away, for the message where it ends too early. */
export class ReferencesWatch {
  readonly #intent: Pick<CopyIntent, "steps" | "made">;
  readonly #done = new Set<string>();

  /** The intent is looked at when something is told: the plan is made later. */
  constructor(intent: Pick<CopyIntent, "steps" | "made">) {
    this.#intent = intent;
  }

  hear(event: GodwitEvent): void {
    if (event.type === "step:finished") this.#done.add(event.key);
    // What an earlier attempt has done is the plan's beginning.
    if (event.type !== "run:resumed") return;
    for (const { key } of this.#intent.steps.slice(0, event.done)) this.#done.add(key);
  }

  /** The error with the names of foreign keys that are away, if there are any. */
  tell(error: GodwitError): GodwitError {
    const { code, message, hint, details, cause, outcome } = error;
    const names = this.#away();
    // An undo has made them again, or says itself what it could not.
    if (names.length === 0 || details.foreignKeysAway !== undefined || details.undo !== undefined)
      return error;
    return new GodwitError(code, {
      message: `${message}; until the copy ends, the target is without the foreign keys ${names.join(", ")}`,
      hint: `${hint} The copy makes them again when all rows are in; so does one that is begun anew with --restart.`,
      details: { ...details, foreignKeysAway: names },
      outcome,
      cause,
    });
  }

  #away(): readonly string[] {
    const { steps, made } = this.#intent;
    const isDone = (unit: string) => {
      const own = steps.filter((step) => step.unit === unit);
      return own.length > 0 && own.every(({ key }) => this.#done.has(key));
    };
    return isDone("references") && !isDone("constraints") ? made.references.map(referenceText) : [];
  }
}
