import type { LockScope } from "../../core/frozen-plan.ts";
import type { ObjectName } from "../../core/plan.ts";
import { noImpact, type StatementImpact } from "../impact-role.ts";

/** Every change of a definition waits for the transactions that use the table, and all who come after wait for it. */
export const metadataLock = "metadata lock, exclusive";

export function locked(mode: string, blocks: LockScope, ...objects: readonly ObjectName[]): StatementImpact {
  return { ...noImpact, locks: objects.map((object) => ({ object, mode, blocks })) };
}
