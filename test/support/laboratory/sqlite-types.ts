import { awkwardBytes, awkwardTexts } from "./awkward.ts";
import type { TypeColumn } from "./type-column.ts";

const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
const numbers = (...texts: readonly string[]) => texts.map((text) => [text, text] as const);
const texts = (...all: readonly string[]) => all.map((text) => [literal(text), text] as const);
const timestamp = (given: string, postgres: string, sqlite: string) =>
  [
    given,
    { postgres, sqlite, mysql: postgres.includes(".") ? postgres.padEnd(26, "0") : `${postgres}.000000` },
  ] as const;

/** Columns of ordinary tables, which do not enforce their types. */
export const sqliteTypes: readonly TypeColumn[] = [
  {
    name: "c_integer",
    sql: "INTEGER",
    class: "i",
    values: numbers("-9223372036854775808", "9223372036854775807", "9007199254740993", "0"),
  },
  { name: "c_tinyint", sql: "TINYINT", class: "i", values: numbers("-128", "127") },
  { name: "c_smallint", sql: "SMALLINT", class: "i", values: numbers("-32768", "32767") },
  { name: "c_mediumint", sql: "MEDIUMINT", class: "i", values: numbers("-8388608", "8388607") },
  { name: "c_int4", sql: "INT4", class: "i", values: numbers("-2147483648", "2147483647") },
  {
    name: "c_boolean",
    sql: "BOOLEAN",
    values: [
      ["1", { postgres: "t", sqlite: "i:1", mysql: "1" }],
      ["0", { postgres: "f", sqlite: "i:0", mysql: "0" }],
    ],
  },
  { name: "c_boolean_wide", sql: "BOOLEAN", class: "i", values: numbers("0", "1", "2") },
  {
    name: "c_real",
    sql: "REAL",
    values: [
      ["0.1", { postgres: "0.1", sqlite: "r:0.1", mysql: "0.1" }],
      ["3", { postgres: "3", sqlite: "r:3", mysql: "3" }],
      ["5e-324", { postgres: "5e-324", sqlite: "r:5e-324", mysql: "5e-324" }],
      [
        "1.7976931348623157e308",
        {
          postgres: "1.7976931348623157e+308",
          sqlite: "r:1.7976931348623157e+308",
          mysql: "1.7976931348623157e308",
        },
      ],
      [
        "0.30000000000000004",
        { postgres: "0.30000000000000004", sqlite: "r:0.30000000000000004", mysql: "0.30000000000000004" },
      ],
      ["-0.0", { postgres: "0", sqlite: "r:0", mysql: "0" }],
      [
        "9007199254740993.0",
        { postgres: "9.007199254740992e+15", sqlite: "r:9007199254740992", mysql: "9.007199254740992e15" },
      ],
    ],
  },
  {
    name: "c_infinite",
    sql: "DOUBLE",
    notTo: ["mysql"],
    values: [
      ["9e999", { postgres: "Infinity", sqlite: "r:Infinity" }],
      ["-9e999", { postgres: "-Infinity", sqlite: "r:-Infinity" }],
    ],
  },
  {
    name: "c_decimal",
    sql: "DECIMAL(10,2)",
    values: [
      ["2.50", { postgres: "2.50", sqlite: "r:2.5", mysql: "2.50" }],
      ["3", { postgres: "3.00", sqlite: "i:3", mysql: "3.00" }],
      ["-99999999.99", { postgres: "-99999999.99", sqlite: "r:-99999999.99", mysql: "-99999999.99" }],
      ["0.01", { postgres: "0.01", sqlite: "r:0.01", mysql: "0.01" }],
    ],
  },
  {
    name: "c_numeric",
    sql: "NUMERIC",
    notTo: ["mysql"],
    values: [
      ["1e20", { postgres: "100000000000000000000", sqlite: "r:100000000000000000000" }],
      ["1e-7", { postgres: "0.0000001", sqlite: "r:1e-7" }],
      ["9223372036854775807", { postgres: "9223372036854775807", sqlite: "i:9223372036854775807" }],
    ],
  },
  { name: "c_text", sql: "TEXT", values: texts(...awkwardTexts) },
  { name: "c_varchar", sql: "VARCHAR(10)", values: texts("", "0123456789", "😀".repeat(10), "ab  ") },
  { name: "c_char", sql: "NCHAR(5)", values: texts("", "ab", "ab  ", "😀") },
  {
    name: "c_blob",
    sql: "BLOB",
    values: awkwardBytes.map((hex) => [
      `x'${hex}'`,
      { postgres: `\\x${hex}`, sqlite: `b:${hex}`, mysql: `x:${hex}` },
    ]),
  },
  { name: "c_date", sql: "DATE", values: texts("0001-01-01", "9999-12-31", "2024-02-29") },
  {
    name: "c_datetime",
    sql: "DATETIME",
    values: [
      timestamp("'0001-01-01 00:00:00'", "0001-01-01 00:00:00", "t:0001-01-01 00:00:00"),
      timestamp("'9999-12-31 23:59:59.999999'", "9999-12-31 23:59:59.999999", "t:9999-12-31 23:59:59.999999"),
      timestamp("'2024-07-01T10:00:00.123Z'", "2024-07-01 10:00:00.123", "t:2024-07-01T10:00:00.123Z"),
      timestamp("'2024-07-01 12:00:00+02:00'", "2024-07-01 10:00:00", "t:2024-07-01 12:00:00+02:00"),
      timestamp("'2024-07-01'", "2024-07-01 00:00:00", "t:2024-07-01"),
      timestamp("1719828000", "2024-07-01 10:00:00", "i:1719828000"),
      timestamp("1719828000123", "2024-07-01 10:00:00.123", "i:1719828000123"),
      timestamp("-1", "1969-12-31 23:59:59", "i:-1"),
      timestamp("2460493.25", "2024-07-01 18:00:00", "r:2460493.25"),
    ],
  },
  {
    name: "c_time",
    sql: "TIME",
    values: [
      [
        "'23:59:59.999999'",
        { postgres: "23:59:59.999999", sqlite: "t:23:59:59.999999", mysql: "23:59:59.999999" },
      ],
      ["'00:00'", { postgres: "00:00:00", sqlite: "t:00:00", mysql: "00:00:00.000000" }],
    ],
  },
  {
    name: "c_uuid",
    sql: "UUID",
    values: [
      [
        "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
        {
          postgres: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
          sqlite: "t:A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11",
          mysql: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        },
      ],
      [
        "x'a0eebc999c0b4ef8bb6d6bb9bd380a11'",
        {
          postgres: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
          sqlite: "b:a0eebc999c0b4ef8bb6d6bb9bd380a11",
          mysql: "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        },
      ],
    ],
  },
  {
    name: "c_json",
    sql: "JSON",
    notOn: ["mysql"],
    values: texts(
      '{"a": 1, "a": 2, "n":12345678901234567890.123}',
      " [1.0, 1e400 ] ",
      "null",
      '"\\ud83d\\ude00"',
    ),
  },
  {
    name: "c_any",
    sql: "",
    values: [
      ["1", { postgres: "1", sqlite: "i:1", mysql: "1" }],
      ["0.5", { postgres: "0.5", sqlite: "r:0.5", mysql: "0.5" }],
      ["'abc'", "abc"],
      ["'1'", "1"],
      [
        "-9223372036854775808",
        { postgres: "-9223372036854775808", sqlite: "i:-9223372036854775808", mysql: "-9223372036854775808" },
      ],
    ],
  },
];

/** Columns of a STRICT table. */
export const sqliteStrictTypes: readonly TypeColumn[] = [
  {
    name: "c_integer",
    sql: "INTEGER",
    class: "i",
    values: numbers("-9223372036854775808", "9223372036854775807"),
  },
  {
    name: "c_real",
    sql: "REAL",
    values: [
      ["5e-324", { postgres: "5e-324", sqlite: "r:5e-324", mysql: "5e-324" }],
      ["1", { postgres: "1", sqlite: "r:1", mysql: "1" }],
    ],
  },
  { name: "c_text", sql: "TEXT", values: texts(...awkwardTexts) },
  {
    name: "c_blob",
    sql: "BLOB",
    values: awkwardBytes.map((hex) => [
      `x'${hex}'`,
      { postgres: `\\x${hex}`, sqlite: `b:${hex}`, mysql: `x:${hex}` },
    ]),
  },
  {
    name: "c_any",
    sql: "ANY",
    values: [
      ["'1'", "1"],
      ["1", { postgres: "1", sqlite: "i:1", mysql: "1" }],
      ["1.0", { postgres: "1", sqlite: "r:1", mysql: "1" }],
    ],
  },
];
