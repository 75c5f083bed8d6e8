import { requireTarget } from "../config/require-target.ts";
import type { Target } from "../core/target.ts";
import type { Engine } from "../engines/engine.ts";
import { loadEngine } from "../engines/registry.ts";
import { openConfig, type ProjectOptions } from "./options.ts";

/** A database that is named by a connection URL, or by a profile of the configuration. */
export async function sideOf(
  name: string,
  options: ProjectOptions,
): Promise<{ engine: Engine; target: Target }> {
  const named = isUrl(name) ? { url: name } : { profile: name };
  const target = requireTarget(await openConfig({ ...options, ...named }, ["url", "connectTimeout"]));
  return { engine: await loadEngine(target.engine), target };
}

export function isUrl(name: string): boolean {
  return /^[a-z][a-z0-9+]*:/i.test(name);
}
