import { requireTarget } from "../config/require-target.ts";
import { receiverKeys } from "../config/receiver-settings.ts";
import type { ResolvedConfig } from "../config/resolve.ts";
import { GodwitError } from "../core/error.ts";
import type { StampedEvent } from "../core/event.ts";
import type { Receivers } from "../observe/index.ts";
import { emitterOf, openConfig, type ProjectOptions } from "./options.ts";

/**
 * Does the work of a command that runs a plan, while its events are also told to whatever the configuration names:
 * the event file, metrics, traces, webhooks. They are opened before and closed after, also when the work fails or is
 * interrupted; what they could not do is a warning, and never changes how the command ends.
 */
export async function observed<O extends Pick<ProjectOptions, "onEvent" | "env">, T>(
  options: O,
  place: ProjectOptions,
  work: (options: O) => Promise<T>,
): Promise<T> {
  let receivers: Receivers | null = null;
  const onEvent = (event: StampedEvent) => {
    options.onEvent?.(event);
    receivers?.receive(event);
  };
  const emit = emitterOf({ onEvent });
  receivers = await open(place, (message) => emit({ type: "warning:raised", code: "GW3020", message }));
  if (receivers === null) return work(options);
  try {
    const result = await work({ ...options, onEvent });
    await receivers.close(null);
    return result;
  } catch (error) {
    await receivers.close(error instanceof GodwitError ? error : unexpected(error));
    throw error;
  }
}

async function open(place: ProjectOptions, warn: (message: string) => void): Promise<Receivers | null> {
  const config = await openConfig(place, ["url", ...receiverKeys]);
  const env = place.env ?? process.env;
  const { logFile, metrics, traces, notify } = config.receivers;
  const isAsked =
    logFile !== null || metrics.file !== null || metrics.listen !== null || traces.endpoint !== null;
  const isInEnvironment = Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
  // Most projects have none of it, and need not load what they do not use.
  if (!isAsked && notify.length === 0 && !isInEnvironment) return null;
  const { openReceivers } = await import("../observe/index.ts");
  return openReceivers({ settings: config.receivers, env, database: databaseOf(config), warn });
}

/** What is wrong with the URL is told by the command itself. */
function databaseOf(config: ResolvedConfig): string {
  try {
    return requireTarget(config).display;
  } catch {
    return "";
  }
}

function unexpected(error: unknown): GodwitError {
  return new GodwitError("GW9001", {
    message: String((error as Error).message),
    cause: error,
    outcome: "unknown",
  });
}
