import type { KeyColumn, Range, ReadRole } from "../../engines/data-roles.ts";
import type { Session } from "../../engines/engine.ts";
import type { TableName } from "../../core/portable.ts";

const lineEnd = 0x0a;

/** How many rows a range has: its keys are read, in the very way in which its rows would be. */
export async function countRange(
  read: ReadRole,
  session: Session,
  {
    table,
    key,
    range,
  }: { readonly table: TableName; readonly key: readonly KeyColumn[]; readonly range: Range },
): Promise<number> {
  const columns = key.map(({ name, type }) => ({ name, value: null, from: type, to: type }));
  let rows = 0;
  // In COPY text each row ends in a line feed, and those of values are escaped.
  for await (const piece of read.rows(session, {
    table,
    columns,
    key,
    range,
    where: null,
    form: { bytesPrefix: "" },
  })) {
    for (let at = piece.indexOf(lineEnd); at !== -1; at = piece.indexOf(lineEnd, at + 1)) rows += 1;
  }
  return rows;
}
