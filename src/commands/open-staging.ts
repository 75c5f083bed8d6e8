import type { StagingDatabase } from "../run/gates/policy.ts";
import { connectionFailure } from "../run/failure.ts";
import { openSession } from "../run/open-session.ts";
import { openConfig, type ProjectOptions } from "./options.ts";
import { otherSide } from "./other-side.ts";

/** Opens the configured staging database; null where there is none. Throws what `connectionFailure` says. */
export async function openStaging(options: ProjectOptions): Promise<StagingDatabase | null> {
  const { staging } = await openConfig(options, ["staging"]);
  if (staging === null) return null;
  const { engine, target } = await otherSide(staging, options);
  const session = await openSession(engine, target, {
    tag: "godwit gate",
    connectTimeoutMs: 10_000,
    lockTimeoutMs: 2_000,
    statementTimeoutMs: 60_000,
  }).catch((error: unknown) => {
    throw connectionFailure(engine, target, error);
  });
  return {
    engine,
    session,
    display: target.display,
    [Symbol.asyncDispose]: () => session.close(),
  };
}
