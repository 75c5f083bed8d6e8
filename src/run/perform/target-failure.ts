import { GodwitError } from "../../core/error.ts";
import type { CopyTable } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";
import type { Engine, ErrorKind } from "../../engines/engine.ts";

/** What keeps rows out that no row is to blame for. */
const codes: Partial<Record<ErrorKind, GodwitError["code"]>> = {
  "disk-full": "GW6001",
  "too-many-connections": "GW6001",
  "missing-object": "GW7004",
  "statement-timeout": "GW6003",
  permission: "GW3006",
  "read-only": "GW3007",
};

/** The target's refusal to take any rows of a table now; null where the error is of another kind. */
export function targetFailure(
  engine: Engine,
  table: Pick<CopyTable, "target">,
  error: unknown,
): GodwitError | null {
  if (error instanceof GodwitError) return null;
  const native = engine.errors.classify(error);
  const code = codes[native.kind];
  if (code === undefined) return null;
  const name = tableKey(table.target);
  return new GodwitError(code, {
    message: `${name}: ${native.message}`,
    hint: "Correct it on the target, then run the same command again: it goes on with this chunk.",
    details: { table: name, kind: native.kind, native: native.native },
    cause: error,
  });
}
