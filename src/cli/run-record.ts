import type { StampedEvent } from "../core/event.ts";
import { initialProgress, type ProgressSnapshot, reduceProgress } from "../core/progress.ts";

/** What the result of a run does not tell but its events do: kept for the summary and for messages of failures. */
export interface RunRecord {
  readonly progress: ProgressSnapshot;
  readonly units: readonly FinishedUnit[];
  readonly schemaFile: string | null;
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
  const units: FinishedUnit[] = [];
  return {
    get progress() {
      return progress;
    },
    units,
    get schemaFile() {
      return schemaFile;
    },
    receive(event) {
      progress = reduceProgress(progress, event);
      if (event.type === "unit:finished") {
        units.push({ name: event.unit, title: event.title, durationMs: event.durationMs });
      } else if (event.type === "schema-file:written") schemaFile = event.file;
    },
  };
}
