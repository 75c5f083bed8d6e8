import * as v from "valibot";

/*
 * The short notation of mapping rules. Only shapes are checked here; what the texts say is read by read.ts, so that
 * messages can tell what is wrong with an expression or a type.
 */

const name = v.pipe(v.string(), v.minLength(1));
const names = v.array(name);
const named = <S extends v.GenericSchema>(schema: S) => v.record(name, schema);

const mask = v.union([
  v.picklist(["hash", "digits", "random"]),
  v.strictObject({ digits: v.pipe(v.string(), v.regex(/^.$/su, "one character was expected")) }),
]);

const added = v.union([
  v.string(),
  v.strictObject({ value: v.exactOptional(v.string()), type: v.exactOptional(name) }),
]);

const table = v.strictObject({
  filter: described(v.exactOptional(name), "Only rows that meet this condition: \"state <> 'draft'\"."),
  order: described(
    v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0))),
    "Tables with a higher number are copied first.",
  ),
  rename: described(
    v.exactOptional(name),
    "The table's name in the target: letters, digits and underscores, no reserved word. A * stands for what the * of the entry's name stood for.",
  ),
  columns: described(v.exactOptional(named(name)), "New names of columns."),
  types: described(
    v.exactOptional(named(name)),
    "Types in the target: numeric(12,2), varchar(80), timestamp.",
  ),
  mask: described(
    v.exactOptional(named(mask)),
    "Columns whose values are made unreadable: hash, digits, random, or { digits: X }.",
  ),
  add: described(
    v.exactOptional(named(added)),
    "New columns: an expression over the source's columns, or { value, type }.",
  ),
  drop: described(v.exactOptional(names), "Columns that are left out."),
  keep: described(v.exactOptional(names), "Columns that are copied; others are left out."),
  key: described(v.exactOptional(names), "The primary key in the target, by the target's names."),
});

/** Names and patterns of tables: `orders`, `sales.orders`, `sales.*`. */
export const shortRulesSchema = v.strictObject({
  $schema: described(v.exactOptional(v.string()), "For editors; not read."),
  only: described(v.exactOptional(names), "Tables that are copied; without it, all."),
  skip: described(v.exactOptional(names), "Tables that are left out."),
  case: described(
    v.exactOptional(v.picklist(["lower", "upper"])),
    "The case of all names of tables and columns that no rename gives.",
  ),
  schemas: described(
    v.exactOptional(named(name)),
    "New names of schemas: letters, digits and underscores, no reserved words. A * stands for what the * before the colon stood for.",
  ),
  tables: described(v.exactOptional(named(v.union([v.literal("skip"), table]))), "What becomes of tables."),
});

export type ShortTable = v.InferOutput<typeof table>;

function described<S extends v.GenericSchema>(schema: S, words: string): S {
  // The pipe has the schema's own types; only its metadata is added.
  return v.pipe(schema, v.description(words)) as unknown as S;
}
