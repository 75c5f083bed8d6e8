import type { Making } from "../../core/portable.ts";
import type { Item } from "./dump-item.ts";
import { quoted } from "./sql-text.ts";

/** Bodies may name tables and routines that come later. */
const settings = ["SET check_function_bodies = off"];

/** How each thing of the schema is made again, by its key. */
export type Makings = ReadonlyMap<string, Making>;

/** From the items in the order in which they can be made. */
export function makingsOf(items: readonly Item[]): Makings {
  const firstTable = items.findIndex(({ kind }) => kind === "table");
  const found = new Map<string, Making>();
  for (const [place, item] of items.entries()) {
    const [key] = item.keys;
    if (key === undefined) continue;
    const refill =
      item.kind === "materialized view" ? `REFRESH MATERIALIZED VIEW ${nameIn(item.text)}` : undefined;
    found.set(key, {
      settings: item.kind === "routine" ? settings : [],
      statements: [
        // A schema is there before what stands in it.
        item.kind === "schema" ? item.text.replace(/^CREATE SCHEMA /, "$&IF NOT EXISTS ") : item.text,
        ...(refill === undefined
          ? []
          : [refill, ...items.filter(({ partOf }) => partOf === key).map(({ text }) => text)]),
      ],
      drop: dropOf(item),
      // Items stand before the tables wherever nothing that they need is a table.
      beforeTables: firstTable === -1 || place < firstTable,
      place,
      ...(refill === undefined ? {} : { refill }),
    });
  }
  return found;
}

function dropOf({ kind, schema, name, text }: Item): string | null {
  switch (kind) {
    case "view":
      return `DROP VIEW IF EXISTS ${nameIn(text)}`;
    case "materialized view":
      return `DROP MATERIALIZED VIEW IF EXISTS ${nameIn(text)}`;
    case "sequence":
    case "collation":
    case "text search dictionary":
    case "text search configuration":
    case "domain":
    case "type":
      return `DROP ${kind.toUpperCase()} IF EXISTS ${quoted(schema)}.${quoted(name)}`;
    case "routine": {
      // An aggregate's arguments are written in another way.
      const word = /^CREATE OR REPLACE (FUNCTION|PROCEDURE)\b/.exec(text)?.[1];
      const [own = "", list = ""] = [/^[^(]*/.exec(name)?.[0], /\(.*$/s.exec(name)?.[0]];
      return word === undefined ? null : `DROP ${word} IF EXISTS ${quoted(schema)}.${quoted(own)}${list}`;
    }
    default:
      return null;
  }
}

/** The name after CREATE [MATERIALIZED] VIEW, as the item writes it. */
function nameIn(text: string): string {
  return /VIEW ((?:"(?:[^"]|"")*"|[^\s".(]+)(?:\.(?:"(?:[^"]|"")*"|[^\s".(]+))?)/.exec(text)?.[1] ?? "";
}
