import type { PortableType, Risk, TypeDecision } from "../src/core/portable.ts";
import { withAdvisory } from "../src/copy/advisory-risks.ts";
import type { RenderRole } from "../src/engines/data-roles.ts";
import { columnType } from "../src/engines/mysql/column-type.ts";
import { render as mysql } from "../src/engines/mysql/render.ts";
import { portableType } from "../src/engines/postgres/normalize-types.ts";
import { render as postgres } from "../src/engines/postgres/render.ts";
import { declaredType } from "../src/engines/sqlite/declared-type.ts";
import { plainColumn } from "../src/core/plain-parts.ts";
import { render as sqlite } from "../src/engines/sqlite/render.ts";

/** docs/reference/types.md: what becomes of each type, asked of the code that decides it. */
export function typesPage(generated: string): string {
  const sides = [
    { title: "PostgreSQL", render: postgres, columns: postgresColumns(), advisory: false },
    { title: "MySQL and MariaDB", render: mysql, columns: mysqlColumns(), advisory: false },
    { title: "SQLite", render: sqlite, columns: sqliteColumns(), advisory: true },
  ];
  const sections = sides.flatMap((source) =>
    sides
      .filter((target) => target !== source)
      .map((target) => {
        const rows = source.columns.map((column) => rowOf(column, target.render, source.advisory));
        return `## From ${source.title} to ${target.title}\n\n${table(rows)}`;
      }),
  );
  return [
    "# Types",
    generated,
    "What a copy makes of each type, where no [rule](rules.md) says otherwise. `godwit copy --plan` says the same of your own columns, after it has looked at the data.",
    "- *Type*: the target's. Where a cell has two, the second is taken where the data show what the first could not hold.",
    "- *Looked for first*: values that the target could not hold. What is found stops the copy before anything is written, until it is accepted by its name with `--allow`; a range, an encoding or a NULL that does not fit cannot be accepted.",
    "- *Lost by design*: whatever the data are.",
    "Within one engine a column keeps its type. In SQLite, outside of STRICT tables, a column can hold values of any kind, so those of another kind are looked for, too.",
    ...sections,
  ]
    .join("\n\n")
    .concat("\n");
}

interface Column {
  readonly declared: string;
  readonly type: PortableType;
  /** It is part of a key or an index. */
  readonly keyed?: boolean;
}

function rowOf({ declared, type, keyed = false }: Column, target: RenderRole, advisory: boolean): string[] {
  const column = plainColumn("column", type, { declared, advisory: advisory && type.kind !== "any" });
  const first = target.type(column, { table: { schema: "", name: "table" }, keyed, identifies: keyed });
  const decisions: TypeDecision[] = [];
  for (let next: TypeDecision | null = first; next !== null; next = next.otherwise) decisions.push(next);
  const asked = column.advisory === true ? withAdvisory(first.risks, first.type) : first.risks;
  // Servers that enforce their types have none of these.
  const risks = asked.filter(({ kind }) => advisory || (kind !== "storage-class" && kind !== "format"));
  const said = (texts: readonly (string | null)[]) => [...new Set(texts.filter((text) => text))].join("; ");
  return [
    declared === "" ? "(none)" : `\`${declared}\`${keyed ? ", in a key" : ""}`,
    decisions.map(({ sql }) => `\`${sql}\``).join("<br>"),
    said(decisions.map(({ reason }) => reason)),
    [...new Set(risks.map(riskText))].join("; "),
    said(decisions.map(({ loses }) => loses)),
  ];
}

function riskText(risk: Risk): string {
  switch (risk.kind) {
    case "range":
      return `numbers outside ${risk.minimum} to ${risk.maximum}`;
    case "length":
      return `more than ${risk.limit} ${risk.unit}`;
    case "scale":
      return `more than ${risk.digits} digits after the point`;
    case "precision":
      return `more than ${risk.digits} digits of a second`;
    case "storage-class":
      return `values that are no ${risk.expected.join(" or ")}`;
    case "format":
      return `texts that are no ${risk.of}`;
    default:
      return words[risk.kind];
  }
}

const words: Readonly<
  Record<
    Exclude<Risk["kind"], "range" | "length" | "scale" | "precision" | "storage-class" | "format">,
    string
  >
> = {
  "not-boolean": "values other than 0 and 1",
  "nul-character": "U+0000",
  "invalid-encoding": "bytes that are no UTF-8",
  "undefined-bytes": "bytes that their character set has no character for",
  "zero-date": "zero dates, such as 0000-00-00",
  "not-a-number": "NaN",
  infinity: "infinity",
  "year-range": "years before 1 or after 9999",
  "time-range": "times that are none of a day",
  "empty-enum": "'' in place of a label",
  "json-lossy": "JSON with doubled keys, or numbers that would be rounded",
  null: "NULL",
};

function table(rows: readonly (readonly string[])[]): string {
  const heads = ["Source", "Type", "Why", "Looked for first", "Lost by design"];
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

function postgresColumns(): Column[] {
  const of = (
    declared: string,
    name: string,
    modifier = -1,
    more: Partial<{ builtIn: boolean; labels: string[] }> = {},
  ) => ({
    declared,
    type: portableType({
      ...facts(name, modifier),
      printed: declared,
      ...more,
      relation: "",
      number: 1,
      element: null,
      notNull: false,
      domainDefault: null,
      domainChecks: null,
      collation: null,
    }),
  });
  const arrayOf = (declared: string, name: string): Column => ({
    declared,
    type: { kind: "array", of: of("", name).type },
  });
  return [
    of("boolean", "bool"),
    of("smallint", "int2"),
    of("integer", "int4"),
    of("bigint", "int8"),
    of("oid", "oid"),
    of("numeric", "numeric"),
    of("numeric(10,2)", "numeric", ((10 << 16) | 2) + 4),
    of("numeric(80,40)", "numeric", ((80 << 16) | 40) + 4),
    of("money", "money"),
    of("real", "float4"),
    of("double precision", "float8"),
    of("text", "text"),
    { ...of("text", "text"), keyed: true },
    of("character varying(20)", "varchar", 24),
    of("character varying(20000)", "varchar", 20_004),
    of("character(5)", "bpchar", 9),
    of("citext", "citext", -1, { builtIn: false }),
    of("bytea", "bytea"),
    of("bit(5)", "bit", 5),
    of("bit varying(5)", "varbit", 5),
    of("date", "date"),
    of("time without time zone", "time"),
    of("time with time zone", "timetz"),
    of("timestamp without time zone", "timestamp"),
    of("timestamp(3) with time zone", "timestamptz", 3),
    of("interval", "interval"),
    of("uuid", "uuid"),
    of("json", "json"),
    of("jsonb", "jsonb"),
    { declared: "enum", type: { kind: "enum", name: "mood", labels: ["sad", "glad"] } },
    arrayOf("integer[]", "int4"),
    arrayOf("text[]", "text"),
    of("inet", "inet"),
    of("macaddr", "macaddr"),
    of("point", "point"),
    of("int4range", "int4range"),
    of("tsvector", "tsvector"),
    of("xml", "xml"),
  ];
}

function facts(name: string, modifier: number) {
  return { name, builtIn: true, printed: name, modifier, labels: null };
}

function mysqlColumns(): Column[] {
  const of = (declared: string, more: Readonly<Record<string, unknown>> = {}): Column => ({
    declared,
    type: columnType({ DATA_TYPE: /^\w+/.exec(declared)?.[0], COLUMN_TYPE: declared, ...more }, false),
  });
  const long = (declared: string, length: number) => of(declared, { CHARACTER_MAXIMUM_LENGTH: length });
  const timed = (declared: string, digits: number) => of(declared, { DATETIME_PRECISION: digits });
  return [
    of("tinyint(1)"),
    of("tinyint"),
    of("tinyint unsigned"),
    of("smallint"),
    of("smallint unsigned"),
    of("mediumint"),
    of("mediumint unsigned"),
    of("int"),
    of("int unsigned"),
    of("bigint"),
    of("bigint unsigned"),
    of("decimal(10,2)", { NUMERIC_PRECISION: 10, NUMERIC_SCALE: 2 }),
    of("float"),
    of("double"),
    of("bit(1)", { NUMERIC_PRECISION: 1 }),
    of("bit(8)", { NUMERIC_PRECISION: 8 }),
    long("char(5)", 5),
    long("varchar(20)", 20),
    of("text"),
    of("longtext"),
    long("binary(16)", 16),
    long("varbinary(20)", 20),
    of("longblob"),
    of("date"),
    timed("time(6)", 6),
    timed("datetime", 0),
    timed("datetime(6)", 6),
    timed("timestamp(6)", 6),
    of("year"),
    of("enum('sad','glad')"),
    of("set('a','b')"),
    of("json"),
    of("uuid"),
    of("inet6"),
    of("point"),
    of("geometry"),
  ];
}

function sqliteColumns(): Column[] {
  return [
    "INTEGER",
    "TINYINT",
    "SMALLINT",
    "INT4",
    "BIGINT",
    "UNSIGNED BIG INT",
    "BOOLEAN",
    "REAL",
    "NUMERIC",
    "DECIMAL(10,2)",
    "TEXT",
    "VARCHAR(20)",
    "BLOB",
    "DATE",
    "TIME",
    "DATETIME",
    "TIMESTAMPTZ",
    "YEAR",
    "UUID",
    "JSON",
    "ANY",
    "",
  ].map((declared) => ({ declared, type: declaredType(declared) }));
}
