import type { StampedEvent } from "../core/event.ts";
import { initialProgress, type ProgressSnapshot, reduceProgress } from "../core/progress.ts";

/** What the result of a run does not tell but its events do: kept for the summary and for messages of failures. */
export interface RunRecord {
  readonly progress: ProgressSnapshot;
  readonly units: readonly FinishedUnit[];
  readonly schemaFile: string | null;
  /** The file with drafts of what a copy left undone. */
  readonly drafts: string | null;
  /** Views, triggers and the like that a copy made. */
  readonly made: readonly { readonly what: string; readonly name: string }[];
  receive(event: StampedEvent): void;
}

export interface FinishedUnit {
  readonly name: string;
  readonly title: string;
  readonly durationMs: number;
}

export function openRunRecord(): RunRecord {
  let progress = initialProgress;
  let schemaFile: string | null = null;
  let drafts: string | null = null;
  const made: { what: string; name: string }[] = [];
  const units: FinishedUnit[] = [];
  return {
    get progress() {
      return progress;
    },
    units,
    get schemaFile() {
      return schemaFile;
    },
    get drafts() {
      return drafts;
    },
    made,
    receive(event) {
      progress = reduceProgress(progress, event);
      if (event.type === "unit:finished") {
        units.push({ name: event.unit, title: event.title, durationMs: event.durationMs });
      } else if (event.type === "schema-file:written") schemaFile = event.file;
      else if (event.type === "drafts:written") drafts = event.file;
      else if (event.type === "object:made") made.push({ what: event.what, name: event.name });
    },
  };
}
