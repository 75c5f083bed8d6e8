import type { LockScope } from "../../core/frozen-plan.ts";
import type { ObjectName } from "../../core/plan.ts";
import {
  type HazardType,
  noImpact,
  objectText,
  type StatementHazard,
  type StatementImpact,
} from "../impact-role.ts";

/** Table locks by their strength, with whom each keeps waiting (PostgreSQL manual, 13.3.1). */
const scopes = {
  "ROW SHARE": "nobody",
  "ROW EXCLUSIVE": "schema changes",
  "SHARE UPDATE EXCLUSIVE": "schema changes",
  SHARE: "writes",
  "SHARE ROW EXCLUSIVE": "writes",
  EXCLUSIVE: "writes",
  "ACCESS EXCLUSIVE": "reads and writes",
} as const satisfies Readonly<Record<string, LockScope>>;

export type LockMode = keyof typeof scopes;

export function locks(mode: LockMode, ...objects: readonly ObjectName[]): StatementImpact {
  return { ...noImpact, locks: objects.map((object) => ({ object, mode, blocks: scopes[mode] })) };
}

export function hazard(type: HazardType, object: ObjectName, message: string): StatementHazard {
  return { type, object, message };
}

export function rewritten(object: ObjectName): StatementHazard {
  return hazard(
    "rewrites-table",
    object,
    `writes all rows of ${objectText(object)} anew, while nobody can read or write it`,
  );
}
