import { digest } from "../core/canonical.ts";
import type { Leftover, PortableSchema, PortableView } from "../core/portable.ts";

/** A short hash of each view, trigger, routine and the like, as the server prints it: enough to tell another one. */
export type ObjectMarks = Readonly<Record<string, string>>;

/** Without sequences, whose text follows what they count. */
export function objectMarks({ views, leftovers }: Pick<PortableSchema, "views" | "leftovers">): ObjectMarks {
  return Object.fromEntries([
    ...views.map((view) => [viewKey(view), mark([view.text, view.columns])] as const),
    ...leftovers.map((object) => [leftoverKey(object), mark(object.definition)] as const),
  ]);
}

export function viewKey({ schema, name }: Pick<PortableView, "schema" | "name">): string {
  return JSON.stringify(["view", schema, name]);
}

export function leftoverKey({ kind, schema, name, table }: Leftover): string {
  return JSON.stringify([kind, schema, name, table?.name ?? null]);
}

function mark(value: unknown): string {
  return digest(value).slice(0, 16);
}
