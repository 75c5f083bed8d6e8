import type { Emit } from "../core/event.ts";
import type { Target } from "../core/target.ts";
import type { Engine, Session } from "../engines/engine.ts";
import { connectionFailure } from "./failure.ts";
import { openSession } from "./open-session.ts";
import type { RunSettings } from "./perform/context.ts";

export interface Outside {
  readonly engine: Engine;
  readonly target: Target;
  readonly settings: RunSettings;
  readonly emit: Emit;
}

/** Opens a session outside of any run: nothing is locked, and no ledger is made. Throws what `connectionFailure` says. */
export async function sessionOutside(
  { engine, target, settings, emit }: Outside,
  { tag = "godwit read", statementTimeoutMs = settings.statementTimeoutMs } = {},
): Promise<Session> {
  try {
    return await openSession(engine, target, {
      tag,
      connectTimeoutMs: settings.connectTimeoutMs,
      lockTimeoutMs: settings.lockTimeoutMs,
      statementTimeoutMs,
      onNotice: (severity, message) => emit({ type: "server:noticed", severity, message }),
    });
  } catch (error) {
    throw connectionFailure(engine, target, error);
  }
}
