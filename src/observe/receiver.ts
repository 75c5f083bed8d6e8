import type { StampedEvent } from "../core/event.ts";
import { GodwitError } from "../core/error.ts";
import { redactDeep } from "../core/secret.ts";

/** An event as plain JSON without secrets, with its time, by this machine's clock, and its number. */
export type PlainEvent = Readonly<Record<string, unknown>> & {
  readonly type: StampedEvent["type"];
  readonly at: string;
  readonly seq: number;
};

/** Gets a run's events, and tells somebody else of them. It never holds the run up, and never fails it. */
export interface Receiver {
  receive(event: StampedEvent, plain: PlainEvent): void;
  /** The command is over: what is left is sent, until the signal says that nobody waits any more. Never rejects. */
  close(error: GodwitError | null, signal: AbortSignal): Promise<void>;
}

/** Says that something could not be told. */
export type Warn = (message: string) => void;

export function plainEvent(event: StampedEvent): PlainEvent {
  if (event.type !== "run:stopped") return event as unknown as PlainEvent;
  return redactDeep({ ...event, error: plainError(event.error) }) as unknown as PlainEvent;
}

/** Without its cause, which is for those who debug. */
export function plainError(error: unknown): Readonly<Record<string, unknown>> {
  if (!(error instanceof GodwitError)) return { message: String(error) };
  const { code, message, hint, outcome, details } = error;
  return redactDeep({ code, message, hint, outcome, details });
}
