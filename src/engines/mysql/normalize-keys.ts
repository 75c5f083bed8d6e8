import type {
  PortableCheck,
  PortableForeignKey,
  PortableIndex,
  PortableKey,
  ReferentialAction,
} from "../../core/portable.ts";
import { parseExpression } from "../../sql/expression/parse.ts";
import type { Row } from "../engine.ts";
import { unescaped } from "./inspect-columns.ts";
import { toKeys } from "./inspect-constraints.ts";

export interface Keys {
  readonly primaryKey: PortableKey | null;
  readonly uniques: readonly PortableKey[];
  readonly indexes: readonly PortableIndex[];
}

const methods: Readonly<Record<string, PortableIndex["method"]>> = {
  BTREE: "btree",
  HASH: "hash",
  FULLTEXT: "fulltext",
  SPATIAL: "spatial",
  RTREE: "spatial",
};

/** From the rows of information_schema.STATISTICS of one table. A unique index of a part of a column is no key. */
export function normalizeKeys(table: string, rows: readonly Row[]): Keys {
  let primaryKey: PortableKey | null = null;
  const uniques: PortableKey[] = [];
  const indexes: PortableIndex[] = [];
  for (const [name, parts] of Map.groupBy(rows, (row) => String(row.INDEX_NAME))) {
    const isUnique = Number(parts[0]!.NON_UNIQUE) === 0;
    const columns = parts.map((row) => (row.COLUMN_NAME === null ? null : String(row.COLUMN_NAME)));
    const isKey =
      isUnique && columns.every((column) => column !== null) && parts.every((row) => row.SUB_PART === null);
    // A key has no order of its own, as an index has.
    const isPlain = parts.every((row) => row.COLLATION !== "D");
    // "PRIMARY" is the name of all of them, and elsewhere a name stands for one only.
    if (name === "PRIMARY" && isKey) primaryKey = { name: `${table}_pkey`, columns: columns as string[] };
    else if (isKey && isPlain) uniques.push({ name, columns: columns as string[] });
    else indexes.push(index(name, parts, isUnique));
  }
  return { primaryKey, uniques, indexes };
}

/** MariaDB adds it to all unique keys of a table with versions; of the rows that are copied, it is the same in all. */
export function withoutRowEnd({ primaryKey, uniques, indexes }: Keys, end: unknown): Keys {
  const without = (key: PortableKey): PortableKey => {
    const columns = key.columns.filter((column) => column !== end);
    return columns.length === 0 ? key : { ...key, columns };
  };
  return {
    primaryKey: primaryKey === null ? null : without(primaryKey),
    uniques: uniques.map(without),
    indexes: indexes.map((one) =>
      one.unique
        ? Object.assign({}, one, {
            parts: one.parts.filter(({ column }) => column === null || column !== end),
          })
        : one,
    ),
  };
}

function index(name: string, parts: readonly Row[], unique: boolean): PortableIndex {
  const keys = toKeys(parts);
  const method = methods[String(parts[0]!.INDEX_TYPE).toUpperCase()] ?? "other";
  return {
    name,
    unique,
    method,
    parts: parts.map((row) => {
      const column = row.COLUMN_NAME === null ? null : String(row.COLUMN_NAME);
      const text = column ?? unescaped(String(row.EXPRESSION), false);
      return {
        column,
        expression: column === null ? parseExpression(text, "mysql") : null,
        text,
        descending: row.COLLATION === "D",
        // A spatial index reports the bytes of a point as a prefix.
        prefix: row.SUB_PART === null || method === "spatial" ? null : Number(row.SUB_PART),
      };
    }),
    include: [],
    where: null,
    definition: (keys.indexes[0] ?? keys.constraints[0])?.definition ?? "",
  };
}

/** From the rows of KEY_COLUMN_USAGE and REFERENTIAL_CONSTRAINTS of one table. */
export function normalizeForeignKeys(
  usage: readonly Row[],
  rules: readonly Row[],
  database: string,
): PortableForeignKey[] {
  const foreign = usage.filter((row) => row.REFERENCED_TABLE_NAME !== null);
  return [...Map.groupBy(foreign, (row) => String(row.CONSTRAINT_NAME))].map(([name, parts]) => {
    const rule = rules.find((row) => row.CONSTRAINT_NAME === name);
    const schema = String(parts[0]!.REFERENCED_TABLE_SCHEMA);
    return {
      name,
      columns: parts.map((row) => String(row.COLUMN_NAME)),
      references: {
        schema: schema === database ? "" : schema,
        name: String(parts[0]!.REFERENCED_TABLE_NAME),
        columns: parts.map((row) => String(row.REFERENCED_COLUMN_NAME)),
      },
      onUpdate: action(rule?.UPDATE_RULE),
      onDelete: action(rule?.DELETE_RULE),
      deferrable: false,
      initiallyDeferred: false,
      match: "simple",
    };
  });
}

/** RESTRICT and NO ACTION are one to InnoDB, and the servers differ in which they print when neither was written. */
function action(rule: unknown): ReferentialAction {
  const name = String(rule ?? "").toLowerCase();
  return name === "cascade" || name === "set null" || name === "set default" ? name : "no action";
}

/** From CHECK_CONSTRAINTS and TABLE_CONSTRAINTS; without those that make MariaDB's JSON, and those not enforced. */
export function normalizeChecks(
  table: string,
  checks: readonly Row[],
  constraints: readonly Row[],
  jsonColumns: ReadonlySet<string>,
): PortableCheck[] {
  const enforced = new Map(
    constraints
      .filter((row) => row.CONSTRAINT_TYPE === "CHECK")
      .map((row) => [String(row.CONSTRAINT_NAME), row.ENFORCED !== "NO"]),
  );
  return checks.flatMap((row): PortableCheck[] => {
    const name = String(row.CONSTRAINT_NAME);
    // MySQL's checks do not name their table, and their names are unique in the database.
    const isOwn = row.TABLE_NAME === undefined ? enforced.get(name) === true : row.TABLE_NAME === table;
    const text = unescaped(String(row.CHECK_CLAUSE), row.TABLE_NAME !== undefined);
    if (!isOwn || (jsonColumns.has(name) && row.LEVEL === "Column" && /^json_valid\(/i.test(text))) return [];
    return [{ name, expression: parseExpression(text, "mysql"), text }];
  });
}
