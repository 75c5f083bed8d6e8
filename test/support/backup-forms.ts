import { loadEngine } from "../../src/engines/registry.ts";
import { type TestTarget, targets } from "./servers.ts";

export interface BackedUpTarget extends TestTarget {
  readonly forms: readonly ("portable" | "native")[];
}

/** The engines that have backups, with the forms that they have; others join as soon as they have the role. */
export async function engineWithBackups(): Promise<readonly BackedUpTarget[]> {
  const found: BackedUpTarget[] = [];
  for (const target of targets) {
    const { backup } = await loadEngine(target.engine);
    if (backup === undefined) continue;
    const forms = ["portable", ...(backup.native === undefined ? [] : ["native" as const])] as const;
    found.push({ ...target, forms });
  }
  return found;
}
