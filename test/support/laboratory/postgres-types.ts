import { awkwardBytes, awkwardTexts } from "./awkward.ts";
import type { TypeColumn } from "./type-column.ts";

const literal = (text: string) => `E'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`;
const bytes = (hex: string) => ({ postgres: `\\x${hex}`, sqlite: `b:${hex}`, mysql: `x:${hex}` });
const plain = (...texts: readonly string[]) => texts.map((text) => [`'${text}'`, text] as const);

/** Statements before the tables: types of their own. */
export const postgresPrelude: readonly string[] = [
  String.raw`CREATE TYPE mood AS ENUM ('it''s', 'a,b', '"q"', 'ü', '😀', 'back\slash', ' ')`,
  "CREATE DOMAIN positive AS integer CHECK (VALUE > 0)",
  "CREATE DOMAIN label AS varchar(5)",
];

export const postgresTypes: readonly TypeColumn[] = [
  {
    name: "c_boolean",
    sql: "boolean",
    values: [
      ["true", { postgres: "t", sqlite: "i:1", mysql: "1" }],
      ["false", { postgres: "f", sqlite: "i:0", mysql: "0" }],
    ],
  },
  { name: "c_smallint", sql: "smallint", class: "i", values: plain("-32768", "32767", "0") },
  { name: "c_integer", sql: "integer", class: "i", values: plain("-2147483648", "2147483647") },
  {
    name: "c_bigint",
    sql: "bigint",
    class: "i",
    values: plain("-9223372036854775808", "9223372036854775807", "9007199254740993"),
  },
  { name: "c_oid", sql: "oid", class: "i", values: plain("4294967295", "0") },
  {
    name: "c_numeric_38",
    sql: "numeric(38,10)",
    values: [
      ...plain("1234567890123456789012345678.0123456789", "-9999999999999999999999999999.9999999999"),
      ["0", "0.0000000000"],
      ["-0.0000000001", "-0.0000000001"],
    ],
  },
  { name: "c_numeric_20", sql: "numeric(20)", values: plain("18446744073709551615", "-1") },
  { name: "c_numeric_small", sql: "numeric(3,5)", values: plain("0.00123", "-0.00999") },
  {
    name: "c_numeric_negative",
    sql: "numeric(5,-2)",
    values: [
      ["12300", "12300"],
      ["9999900", "9999900"],
    ],
  },
  {
    name: "c_numeric",
    sql: "numeric",
    notTo: ["mysql"],
    values: [
      ...plain("0.1", "1.50", "-0.000000000000000000000000000000000000001"),
      ["1e60", `1${"0".repeat(60)}`],
      ["1e-60", `0.${"0".repeat(59)}1`],
    ],
  },
  {
    name: "c_money",
    sql: "money",
    values: [["12.34", { postgres: "$12.34", sqlite: "t:12.34", mysql: "12.34" }]],
  },
  {
    name: "c_real",
    sql: "real",
    values: [
      ["0.1", { postgres: "0.1", sqlite: "r:0.1", mysql: "0.10000000149011612" }],
      ["'1e-45'", { postgres: "1e-45", sqlite: "r:1e-45", mysql: "1.401298464324817e-45" }],
      ["16777216", { postgres: "1.6777216e+07", sqlite: "r:16777216", mysql: "16777216" }],
      ["'-0'", { postgres: "-0", sqlite: "r:0", mysql: "-0", mariadb: "0" }],
    ],
  },
  {
    // MariaDB and MySQL take the shortest digits of the greatest float for one that is out of range.
    name: "c_real_greatest",
    sql: "real",
    notTo: ["mysql"],
    values: [["'3.4028235e38'", { postgres: "3.4028235e+38", sqlite: "r:3.4028235e+38" }]],
  },
  {
    name: "c_double",
    sql: "double precision",
    values: [
      ["0.1", { postgres: "0.1", sqlite: "r:0.1", mysql: "0.1" }],
      ["'5e-324'", { postgres: "5e-324", sqlite: "r:5e-324", mysql: "5e-324" }],
      [
        "'2.2250738585072009e-308'",
        {
          postgres: "2.225073858507201e-308",
          sqlite: "r:2.225073858507201e-308",
          mysql: "2.225073858507201e-308",
        },
      ],
      [
        "'1.7976931348623157e308'",
        {
          postgres: "1.7976931348623157e+308",
          sqlite: "r:1.7976931348623157e+308",
          mysql: "1.7976931348623157e308",
        },
      ],
      [
        "9007199254740992",
        { postgres: "9.007199254740992e+15", sqlite: "r:9007199254740992", mysql: "9.007199254740992e15" },
      ],
      ["'-0'", { postgres: "-0", sqlite: "r:0", mysql: "-0", mariadb: "0" }],
      [
        "0.30000000000000004",
        { postgres: "0.30000000000000004", sqlite: "r:0.30000000000000004", mysql: "0.30000000000000004" },
      ],
      ["1e22", { postgres: "1e+22", sqlite: "r:1e+22", mysql: "1e22" }],
      [
        "123456789012345680",
        {
          postgres: "1.2345678901234568e+17",
          sqlite: "r:123456789012345680",
          mysql: "1.2345678901234568e17",
        },
      ],
    ],
  },
  {
    name: "c_infinite",
    sql: "double precision",
    notTo: ["mysql"],
    values: [
      ["'Infinity'", { postgres: "Infinity", sqlite: "r:Infinity" }],
      ["'-Infinity'", { postgres: "-Infinity", sqlite: "r:-Infinity" }],
    ],
  },
  { name: "c_nan", sql: "double precision", notTo: ["mysql", "sqlite"], values: plain("NaN") },
  { name: "c_numeric_nan", sql: "numeric", notTo: ["mysql"], values: plain("NaN", "Infinity", "-Infinity") },
  {
    name: "c_text",
    sql: "text",
    values: awkwardTexts.map((text) => [literal(text), text]),
  },
  { name: "c_varchar", sql: "varchar(10)", values: plain("", "0123456789", "😀😀😀😀😀😀😀😀😀😀", "ab  ") },
  {
    name: "c_char",
    sql: "char(5)",
    values: [
      ["'ab'", { postgres: "ab   ", sqlite: "t:ab   ", mysql: "ab" }],
      ["''", { postgres: "     ", sqlite: "t:     ", mysql: "" }],
      ["'😀'", { postgres: "😀    ", sqlite: "t:😀    ", mysql: "😀" }],
      ["'abcde'", "abcde"],
    ],
  },
  {
    name: "c_bytea",
    sql: "bytea",
    values: awkwardBytes.map((hex) => [String.raw`'\x${hex}'`, bytes(hex)]),
  },
  {
    name: "c_bit",
    sql: "bit(5)",
    values: [["B'10101'", { postgres: "10101", sqlite: "t:10101", mysql: "x:15" }]],
  },
  {
    name: "c_bit_64",
    sql: "bit(64)",
    values: [
      [
        `B'${"1".repeat(64)}'`,
        { postgres: "1".repeat(64), sqlite: `t:${"1".repeat(64)}`, mysql: `x:${"f".repeat(16)}` },
      ],
      [
        `B'${"0".repeat(64)}'`,
        { postgres: "0".repeat(64), sqlite: `t:${"0".repeat(64)}`, mysql: `x:${"0".repeat(16)}` },
      ],
    ],
  },
  {
    name: "c_varbit",
    sql: "varbit(70)",
    values: [
      ["B''", ""],
      ["B'0010'", "0010"],
    ],
  },
  { name: "c_date", sql: "date", values: plain("0001-01-01", "9999-12-31", "2024-02-29", "1582-10-10") },
  {
    name: "c_date_far",
    sql: "date",
    notTo: ["mysql"],
    values: plain("0044-03-15 BC", "infinity", "-infinity", "5874897-12-31", "10000-01-01"),
  },
  {
    name: "c_time",
    sql: "time",
    values: plain("00:00:00", "23:59:59.999999", "12:30:00.5").map(
      ([literal, text]) =>
        [literal, { postgres: text, sqlite: `t:${text}`, mysql: sixDigits(text) }] as const,
    ),
  },
  { name: "c_time_0", sql: "time(0)", values: plain("00:00:00", "23:59:59") },
  { name: "c_time_24", sql: "time(0)", values: plain("24:00:00") },
  { name: "c_timetz", sql: "timetz", values: plain("12:00:00+02", "00:00:00.000001-15:59:59") },
  {
    name: "c_timestamp",
    sql: "timestamp",
    values: plain(
      "0001-01-01 00:00:00",
      "9999-12-31 23:59:59.999999",
      "2024-02-29 12:00:00.5",
      "1970-01-01 00:00:00",
    ).map(
      ([literal, text]) =>
        [literal, { postgres: text, sqlite: `t:${text}`, mysql: sixDigits(text) }] as const,
    ),
  },
  { name: "c_timestamp_0", sql: "timestamp(0)", values: plain("2024-12-31 23:59:59", "1000-01-01 00:00:00") },
  {
    name: "c_timestamp_far",
    sql: "timestamp",
    notTo: ["mysql"],
    values: plain(
      "0044-03-15 12:00:00 BC",
      "infinity",
      "-infinity",
      "294276-12-31 23:59:59.999999",
      "10000-01-01 00:00:00.5",
    ),
  },
  {
    name: "c_timestamptz",
    sql: "timestamptz",
    values: [
      [
        "'2024-07-01 12:00:00.123456+02'",
        {
          postgres: "2024-07-01 10:00:00.123456+00",
          sqlite: "t:2024-07-01 10:00:00.123456",
          mysql: "2024-07-01 10:00:00.123456",
        },
      ],
      [
        "'1970-01-01 00:00:00+00'",
        {
          postgres: "1970-01-01 00:00:00+00",
          sqlite: "t:1970-01-01 00:00:00",
          mysql: "1970-01-01 00:00:00.000000",
        },
      ],
      [
        "'9999-12-31 23:59:59.999999+00'",
        {
          postgres: "9999-12-31 23:59:59.999999+00",
          sqlite: "t:9999-12-31 23:59:59.999999",
          mysql: "9999-12-31 23:59:59.999999",
        },
      ],
      [
        "'2039-01-01 00:00:00-11'",
        {
          postgres: "2039-01-01 11:00:00+00",
          sqlite: "t:2039-01-01 11:00:00",
          mysql: "2039-01-01 11:00:00.000000",
        },
      ],
    ],
  },
  {
    name: "c_timestamptz_far",
    sql: "timestamptz",
    notTo: ["mysql"],
    values: [
      [
        "'0044-03-15 12:00:00+00 BC'",
        { postgres: "0044-03-15 12:00:00+00 BC", sqlite: "t:0044-03-15 12:00:00 BC" },
      ],
      ["'infinity'", { postgres: "infinity", sqlite: "t:infinity" }],
    ],
  },
  {
    name: "c_interval",
    sql: "interval",
    values: plain(
      "1 year 2 mons -3 days +04:05:06.789",
      "00:00:00",
      "-1 days",
      "838:59:59",
      "-178000000 years",
      "1 day 25:00:00.000001",
    ),
  },
  {
    name: "c_uuid",
    sql: "uuid",
    values: plain("00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
  },
  {
    name: "c_json",
    sql: "json",
    notOn: ["mysql"],
    values: plain(
      '{"a": 1, "a": 2, "b":12345678901234567890.12345678901234567890}',
      " [1.0, 1e400 ] ",
      "null",
      '"\\u0000 \\ud83d\\ude00"',
      "{}",
    ),
  },
  {
    name: "c_jsonb",
    sql: "jsonb",
    notOn: ["mysql"],
    values: plain(
      '{"b": 12345678901234567890.12345678901234567890, "aa": [true, null, "ü😀\\n"]}',
      "null",
      "0.10",
      `1${"0".repeat(300)}`,
    ),
  },
  {
    name: "c_mood",
    sql: "mood",
    values: [["'it''s'", "it's"], ...plain("a,b", '"q"', "ü", "😀", "back\\slash", " ")],
  },
  { name: "c_positive", sql: "positive", class: "i", values: plain("1", "2147483647") },
  { name: "c_label", sql: "label", values: plain("", "abcde") },
  {
    name: "c_integers",
    sql: "integer[]",
    values: [
      ["'{}'", { postgres: "{}", sqlite: "t:[]", mysql: "[]" }],
      [
        "'{1,NULL,-2147483648}'",
        {
          postgres: "{1,NULL,-2147483648}",
          sqlite: "t:[1,null,-2147483648]",
          mysql: "[1,null,-2147483648]",
        },
      ],
      ["'{{1,2},{3,4}}'", { postgres: "{{1,2},{3,4}}", sqlite: "t:[[1,2],[3,4]]", mysql: "[[1,2],[3,4]]" }],
    ],
  },
  {
    name: "c_texts",
    sql: "text[]",
    values: [
      [
        String.raw`ARRAY['a,b','"q"','back\slash','','NULL',NULL,'{x}', E'tab\tline\n']`,
        {
          postgres: '{"a,b","\\"q\\"","back\\\\slash","","NULL",NULL,"{x}","tab\tline\n"}',
          sqlite: String.raw`t:["a,b","\"q\"","back\\slash","","NULL",null,"{x}","tab\tline\n"]`,
          mysql: String.raw`["a,b","\"q\"","back\\slash","","NULL",null,"{x}","tab\tline\n"]`,
        },
      ],
    ],
  },
  { name: "c_inet", sql: "inet", values: plain("192.168.0.1/24", "::1") },
  { name: "c_cidr", sql: "cidr", values: plain("10.0.0.0/8") },
  { name: "c_macaddr", sql: "macaddr", values: plain("08:00:2b:01:02:03") },
  { name: "c_point", sql: "point", values: plain("(1,2)", "(0.1,-1e-300)") },
  { name: "c_box", sql: "box", values: plain("(2,2),(0,0)") },
  { name: "c_range", sql: "int4range", values: plain("[1,5)", "empty", "(,)") },
  {
    name: "c_tsrange",
    sql: "tstzrange",
    values: [
      [
        "'[2024-01-01 00:00:00+00,2024-01-02 00:00:00+00)'",
        '["2024-01-01 00:00:00+00","2024-01-02 00:00:00+00")',
      ],
    ],
  },
  {
    name: "c_multirange",
    sql: "datemultirange",
    values: plain("{[2024-01-01,2024-01-03),[2024-02-01,2024-02-02)}"),
  },
  { name: "c_tsvector", sql: "tsvector", values: [["'fat:2A cat:1'::tsvector", "'cat':1 'fat':2A"]] },
  { name: "c_xml", sql: "xml", values: plain('<a b="1">x &amp; y</a>') },
  { name: "c_lsn", sql: "pg_lsn", values: plain("16/B374D848") },
  { name: "c_one_char", sql: '"char"', values: plain("a") },
  { name: "c_name", sql: "name", values: plain("some name") },
];

function sixDigits(text: string): string {
  const [whole, fraction = ""] = text.split(".");
  return `${whole}.${fraction.padEnd(6, "0")}`;
}
