import type { StagingDatabase } from "../run/gates/policy.ts";
import { openSession } from "../run/open-session.ts";
import { openConfig, type ProjectOptions } from "./options.ts";
import { sideOf } from "./side.ts";

/** The variables that name this database say nothing of that one. */
export async function openStaging(options: ProjectOptions): Promise<StagingDatabase | null> {
  const { staging } = await openConfig(options, ["staging"]);
  if (staging === null) return null;
  const { GODWIT_URL: _, DATABASE_URL: __, GODWIT_PROFILE: ___, ...env } = options.env ?? process.env;
  const { url: ____, profile: _____, ...rest } = options;
  const { engine, target } = await sideOf(staging, { ...rest, env });
  const session = await openSession(engine, target, {
    tag: "godwit gate",
    connectTimeoutMs: 10_000,
    lockTimeoutMs: 2_000,
    statementTimeoutMs: 60_000,
  });
  return {
    engine,
    session,
    display: target.display,
    [Symbol.asyncDispose]: () => session.close(),
  };
}
