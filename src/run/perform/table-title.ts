import type { CopyTable } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";

/** A table's name in events and messages: a refresh makes it elsewhere, which is nobody's concern. */
export function tableTitle({ target, placed }: Pick<CopyTable, "target" | "placed">): string {
  return tableKey(placed ?? target);
}
