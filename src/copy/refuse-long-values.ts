import { GodwitError } from "../core/error.ts";
import type { PortableColumn } from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import type { Longest } from "../engines/data-roles.ts";
import type { Session } from "../engines/engine.ts";
import { keyOf } from "./decide.ts";
import type { CopyProject } from "./project.ts";
import type { RuledTable } from "./rules/ruled-table.ts";
import { withSession } from "./with-session.ts";

/** What a row may have on the target; null where it takes any. */
export async function longestRowOf(project: CopyProject): Promise<Longest | null> {
  const { write } = project.target.engine;
  if (write.longestRow === undefined) return null;
  return withSession(project, "target", (session) => write.longestRow!(session));
}

/** Throws GW7002 for values that the source's driver or the target's server can't carry, before anything is changed. */
export async function refuseLongValues(
  { source, target }: CopyProject,
  { source: table, columns, where }: RuledTable,
  encodings: ReadonlyMap<string, string>,
  session: Session,
  longestRow: Longest | null,
): Promise<void> {
  const { longestValue } = source.engine.read;
  /** Bytes travel as two digits each; where any value may stand, as a text. */
  const digitsOf = ({ name, type }: PortableColumn) => (type.kind === "bytes" || encodings.has(name) ? 2 : 1);
  const asked = columns.flatMap(({ column, value }) => {
    const { kind } = column.type;
    if (value !== null || (kind !== "text" && kind !== "bytes" && kind !== "any")) return [];
    const most = Math.min(longestValue?.bytes ?? Infinity, longestRow?.bytes ?? Infinity);
    const upToBytes = Math.floor(most / digitsOf(column));
    return upToBytes === Infinity ? [] : [{ name: column.name, upToBytes }];
  });
  if (asked.length === 0) return;
  const request = {
    table: { schema: table.schema, name: table.name },
    key: keyOf(table),
    columns: asked,
    where,
  };
  const [found] = await source.engine.profile.longValues(session, request);
  if (found === undefined) return;
  const { key, column, bytes } = found;
  const digits = digitsOf(columns.find((each) => each.column.name === column)!.column);
  const isRead = longestValue !== undefined && bytes * BigInt(digits) > BigInt(longestValue.bytes);
  const by = isRead ? longestValue : longestRow!;
  const who = isRead ? source.engine.traits.title : target.engine.traits.title;
  const row = key.length === 0 ? "a row" : `row ${key.join(", ")}`;
  throw new GodwitError("GW7002", {
    message: `${tableKey(table)}, ${row}, column ${column}: a value of ${bytes} bytes; ${who} ${isRead ? `gives values of at most ${Math.floor(by.bytes / digits)} bytes` : `takes rows of at most ${by.bytes} bytes of text`} (${by.because})`,
    hint: "Nothing was changed. Leave the row out by a filter of the rules, or the column by a rule; where a server's setting decides, raise that.",
    details: { table: tableKey(table), key, column, bytes: String(bytes), limitBytes: by.bytes },
  });
}
