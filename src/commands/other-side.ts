import type { Target } from "../core/target.ts";
import type { Engine } from "../engines/engine.ts";
import type { ProjectOptions } from "./options.ts";
import { sideOf } from "./side.ts";

/** A database beside the one in use, by a URL or a profile: the variables that name this one say nothing of that. */
export async function otherSide(
  name: string,
  options: ProjectOptions,
): Promise<{ engine: Engine; target: Target }> {
  const { GODWIT_URL: _, DATABASE_URL: __, GODWIT_PROFILE: ___, ...env } = options.env ?? process.env;
  const { url: ____, profile: _____, ...rest } = options;
  return sideOf(name, { ...rest, env });
}
