import { GodwitError } from "../core/error.ts";
import type { OwnMaking, TableName } from "../core/portable.ts";
import type { Session } from "../engines/engine.ts";
import type { CopyProject } from "./project.ts";

/**
 * Throws GW7001 where the session would not be given all rows: what it counts and compares would be wrong. `made` are
 * tables that are to be made, in their engine's own words, and to be compared then.
 */
export async function refuseHidden(
  project: CopyProject,
  which: "source" | "target",
  session: Session,
  { there, made = [] }: { readonly there: readonly TableName[]; readonly made?: readonly OwnMaking[] },
): Promise<void> {
  const { engine, target } = project[which];
  const hidden = (await engine.normalize.hidden?.(session, { there, made })) ?? [];
  if (hidden.length === 0) return;
  throw new GodwitError("GW7001", {
    message: `${target.display} does not show all rows: ${hidden.join("; ")}`,
    hint: `Nothing was changed. Connect to the ${which} as a role that sees all rows.`,
    details: { side: which, hidden },
  });
}
