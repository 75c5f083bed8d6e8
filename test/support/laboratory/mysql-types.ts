import { awkwardBytes, awkwardTexts } from "./awkward.ts";
import type { Shown, TypeColumn } from "./type-column.ts";

/*
 * The types of MySQL and MariaDB at their boundaries. A text is given as its bytes: the statements reach the servers
 * by way of drivers and sql_modes that have opinions on backslashes.
 */

const text = (value: string, charset = "utf8mb4") =>
  `CONVERT(_utf8mb4 x'${Buffer.from(value).toString("hex")}' USING ${charset})`;
const texts = (...all: readonly string[]) => all.map((value) => [text(value), value] as const);
const quoted = (...all: readonly string[]) => all.map((value) => [`'${value}'`, value] as const);
const numbers = (...all: readonly string[]) => all.map((value) => [value, value] as const);
const bytes = (hex: string): Shown => ({ postgres: `\\x${hex}`, sqlite: `b:${hex}`, mysql: `x:${hex}` });
/** Of a text without zeros at the end of its seconds, which PostgreSQL leaves out. */
const utc = (value: string) =>
  [`'${value}'`, { postgres: `${value}+00`, sqlite: `t:${value}`, mysql: value }] as const;
/** A set is an array of texts where there are such. */
const set = (value: string, postgres: string) =>
  [text(value), { postgres, sqlite: `t:${value}`, mysql: value }] as const;
const wkb = "000000000000f03f0000000000000040";
const extendedWkb = `010100002000000000${wkb}`;

/** Before the tables, in the session that fills them: what an old server let in is let in. */
export const mysqlSession: readonly string[] = [
  "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ALLOW_INVALID_DATES'",
  "SET SESSION time_zone = '+00:00'",
  "SET SESSION character_set_connection = utf8mb4",
];

/** Of both servers. */
export const mysqlTypes: readonly TypeColumn[] = [
  { name: "c_tinyint", sql: "tinyint", class: "i", values: numbers("-128", "127", "0") },
  { name: "c_tinyint_u", sql: "tinyint unsigned", class: "i", values: numbers("255", "0") },
  { name: "c_smallint", sql: "smallint", class: "i", values: numbers("-32768", "32767") },
  { name: "c_smallint_u", sql: "smallint unsigned", class: "i", values: numbers("65535", "0") },
  { name: "c_mediumint", sql: "mediumint", class: "i", values: numbers("-8388608", "8388607") },
  { name: "c_mediumint_u", sql: "mediumint unsigned", class: "i", values: numbers("16777215", "0") },
  { name: "c_int", sql: "int", class: "i", values: numbers("-2147483648", "2147483647") },
  { name: "c_int_u", sql: "int unsigned", class: "i", values: numbers("4294967295", "0") },
  {
    name: "c_int_zerofill",
    sql: "int(8) unsigned zerofill",
    values: [["42", { postgres: "42", sqlite: "i:42", mysql: "00000042" }]],
  },
  {
    name: "c_bigint",
    sql: "bigint",
    class: "i",
    values: numbers("-9223372036854775808", "9223372036854775807", "9007199254740993"),
  },
  {
    name: "c_bigint_u",
    sql: "bigint unsigned",
    values: numbers("18446744073709551615", "9223372036854775808", "0"),
  },
  {
    name: "c_boolean",
    sql: "tinyint(1)",
    values: [
      ["1", { postgres: "t", sqlite: "i:1", mysql: "1" }],
      ["0", { postgres: "f", sqlite: "i:0", mysql: "0" }],
    ],
  },
  { name: "c_boolean_wide", sql: "tinyint(1)", class: "i", values: numbers("0", "1", "2", "-128") },
  {
    name: "c_bit_1",
    sql: "bit(1)",
    values: [
      ["b'0'", { postgres: "0", sqlite: "t:0", mysql: "x:00" }],
      ["b'1'", { postgres: "1", sqlite: "t:1", mysql: "x:01" }],
    ],
  },
  {
    name: "c_bit_9",
    sql: "bit(9)",
    values: [
      ["b'1'", { postgres: "000000001", sqlite: "t:000000001", mysql: "x:0001" }],
      ["b'101010101'", { postgres: "101010101", sqlite: "t:101010101", mysql: "x:0155" }],
    ],
  },
  {
    name: "c_bit_64",
    sql: "bit(64)",
    values: ["0", "1"].map((bit) => {
      const digits = bit.repeat(64);
      return [
        `b'${digits}'`,
        { postgres: digits, sqlite: `t:${digits}`, mysql: `x:${(bit === "1" ? "f" : "0").repeat(16)}` },
      ];
    }),
  },
  {
    name: "c_decimal_most",
    sql: "decimal(65,30)",
    values: [
      ...numbers(`${"9".repeat(35)}.${"9".repeat(30)}`, `-${"9".repeat(35)}.${"9".repeat(30)}`),
      ["0", `0.${"0".repeat(30)}`],
      ["-1e-30", `-0.${"0".repeat(29)}1`],
    ],
  },
  { name: "c_decimal_65", sql: "decimal(65,0)", values: numbers("9".repeat(65), `-${"9".repeat(65)}`) },
  { name: "c_decimal_fraction", sql: "decimal(30,30)", values: numbers(`0.${"9".repeat(30)}`) },
  { name: "c_decimal", sql: "decimal(10,2)", values: numbers("-99999999.99", "0.01", "2.50") },
  { name: "c_decimal_u", sql: "decimal(5,2) unsigned", values: numbers("999.99", "0.00") },
  {
    name: "c_float",
    sql: "float",
    values: [
      ["0.1", { postgres: "0.1", sqlite: "r:0.10000000149011612", mysql: "0.10000000149011612" }],
      ["16777217", { postgres: "1.6777216e+07", sqlite: "r:16777216", mysql: "16777216" }],
      [
        "1.17549435e-38",
        { postgres: "1.1754944e-38", sqlite: "r:1.1754943508222875e-38", mysql: "1.1754943508222875e-38" },
      ],
      ["1.4e-45", { postgres: "1e-45", sqlite: "r:1.401298464324817e-45", mysql: "1.401298464324817e-45" }],
      ["-123456.789", { postgres: "-123456.79", sqlite: "r:-123456.7890625", mysql: "-123456.7890625" }],
    ],
  },
  {
    name: "c_float_digits",
    sql: "float(7,4)",
    values: [
      ["123.45678", { postgres: "123.4568", sqlite: "r:123.45680236816406", mysql: "123.45680236816406" }],
    ],
  },
  {
    name: "c_double",
    sql: "double",
    values: [
      ["0.1", { postgres: "0.1", sqlite: "r:0.1", mysql: "0.1" }],
      ["5e-324", { postgres: "5e-324", sqlite: "r:5e-324", mysql: "5e-324" }],
      [
        "2.2250738585072009e-308",
        {
          postgres: "2.225073858507201e-308",
          sqlite: "r:2.225073858507201e-308",
          mysql: "2.225073858507201e-308",
        },
      ],
      [
        "-1.7976931348623157e308",
        {
          postgres: "-1.7976931348623157e+308",
          sqlite: "r:-1.7976931348623157e+308",
          mysql: "-1.7976931348623157e308",
        },
      ],
      [
        "0.30000000000000004",
        { postgres: "0.30000000000000004", sqlite: "r:0.30000000000000004", mysql: "0.30000000000000004" },
      ],
      [
        "123456789012345680e0",
        {
          postgres: "1.2345678901234568e+17",
          sqlite: "r:123456789012345680",
          mysql: "1.2345678901234568e17",
        },
      ],
      ["1e22", { postgres: "1e+22", sqlite: "r:1e+22", mysql: "1e22" }],
      ["3", { postgres: "3", sqlite: "r:3", mysql: "3" }],
    ],
  },
  {
    name: "c_double_digits",
    sql: "double(10,3)",
    values: [["1234567.8919", { postgres: "1234567.892", sqlite: "r:1234567.892", mysql: "1234567.892" }]],
  },
  {
    name: "c_year",
    sql: "year",
    class: "i",
    values: [
      ["'1901'", { postgres: "1901", sqlite: "i:1901", mysql: "1901" }],
      ["'2155'", { postgres: "2155", sqlite: "i:2155", mysql: "2155" }],
      ["'0000'", { postgres: "0", sqlite: "i:0", mysql: "0000" }],
      ["'2000'", { postgres: "2000", sqlite: "i:2000", mysql: "2000" }],
    ],
  },
  { name: "c_date", sql: "date", values: quoted("0001-01-01", "9999-12-31", "2024-02-29", "1582-10-10") },
  {
    name: "c_date_zero",
    sql: "date",
    notTo: ["postgres"],
    values: quoted("0000-00-00", "2024-00-10", "2024-02-00", "0000-01-01"),
  },
  {
    name: "c_datetime",
    sql: "datetime",
    values: quoted("0001-01-01 00:00:00", "9999-12-31 23:59:59", "2024-03-31 02:30:00"),
  },
  {
    name: "c_datetime_3",
    sql: "datetime(3)",
    values: [
      [
        "'2024-07-01 12:00:00.120'",
        {
          postgres: "2024-07-01 12:00:00.12",
          sqlite: "t:2024-07-01 12:00:00.120",
          mysql: "2024-07-01 12:00:00.120",
        },
      ],
    ],
  },
  {
    name: "c_datetime_6",
    sql: "datetime(6)",
    values: [
      ...quoted("9999-12-31 23:59:59.999999", "0001-01-01 00:00:00.000001"),
      [
        "'2024-07-01 12:00:00'",
        {
          postgres: "2024-07-01 12:00:00",
          sqlite: "t:2024-07-01 12:00:00.000000",
          mysql: "2024-07-01 12:00:00.000000",
        },
      ],
    ],
  },
  {
    name: "c_datetime_zero",
    sql: "datetime",
    notTo: ["postgres"],
    values: quoted("0000-00-00 00:00:00", "2024-00-10 10:00:00", "2024-02-00 10:00:00"),
  },
  {
    name: "c_timestamp",
    sql: "timestamp NULL",
    values: [utc("1970-01-01 00:00:01"), utc("2038-01-19 03:14:07"), utc("2024-03-31 02:30:00")],
  },
  {
    name: "c_timestamp_6",
    sql: "timestamp(6) NULL",
    values: [utc("2038-01-19 03:14:07.999999"), utc("1970-01-01 00:00:01.000001")],
  },
  {
    name: "c_timestamp_zero",
    sql: "timestamp NULL",
    notTo: ["postgres"],
    values: quoted("0000-00-00 00:00:00"),
  },
  { name: "c_time", sql: "time", values: quoted("23:59:59", "00:00:00") },
  { name: "c_time_6", sql: "time(6)", values: quoted("23:59:59.999999", "00:00:00.000001") },
  {
    name: "c_time_far",
    sql: "time",
    values: quoted("838:59:59", "-838:59:59", "-00:00:01", "24:00:00"),
  },
  {
    name: "c_time_far_6",
    sql: "time(6)",
    values: quoted("-838:59:58.999999", "100:00:00.000001", "-00:00:00.500001"),
  },
  {
    name: "c_char",
    sql: "char(5)",
    values: [
      ["'ab'", { postgres: "ab   ", sqlite: "t:ab", mysql: "ab" }],
      ["''", { postgres: "     ", sqlite: "t:", mysql: "" }],
      [text("😀"), { postgres: "😀    ", sqlite: "t:😀", mysql: "😀" }],
      ["'abcde'", "abcde"],
      ["'ab  '", { postgres: "ab   ", sqlite: "t:ab", mysql: "ab" }],
    ],
  },
  {
    name: "c_varchar",
    sql: "varchar(10)",
    values: texts("", "0123456789", "😀".repeat(10), "ab  ", "\\N", "a\tb\nc\\d\r"),
  },
  { name: "c_text", sql: "longtext", values: texts(...awkwardTexts) },
  { name: "c_tinytext", sql: "tinytext", values: texts("x".repeat(255), "") },
  {
    name: "c_nul",
    sql: "text",
    notTo: ["postgres"],
    values: texts("a\0b", "\0"),
  },
  {
    name: "c_latin1",
    sql: "varchar(20) CHARACTER SET latin1",
    values: ["ÿé€“", "back\\slash\t", ""].map((value) => [text(value, "latin1"), value]),
  },
  {
    name: "c_utf16",
    sql: "varchar(20) CHARACTER SET utf16",
    values: ["😀é\\", "\n"].map((value) => [text(value, "utf16"), value]),
  },
  {
    name: "c_utf8mb3",
    sql: "text CHARACTER SET utf8mb3",
    values: ["é€\uffff", "\\\t"].map((value) => [text(value, "utf8mb3"), value]),
  },
  { name: "c_gbk", sql: "varchar(20) CHARACTER SET gbk", values: [[text("乗\\", "gbk"), "乗\\"]] },
  { name: "c_bin", sql: "varchar(20) COLLATE utf8mb4_bin", values: texts("a ", "A", "ä😀") },
  { name: "c_latin1_bin", sql: "char(3) CHARACTER SET latin1 COLLATE latin1_bin", values: texts("aÄß") },
  {
    name: "c_binary",
    sql: "binary(4)",
    values: [
      ["x'00ff'", bytes("00ff0000")],
      ["x'61202020'", bytes("61202020")],
      ["x''", bytes("00000000")],
    ],
  },
  {
    name: "c_varbinary",
    sql: "varbinary(300)",
    values: awkwardBytes.map((hex) => [`x'${hex}'`, bytes(hex)]),
  },
  { name: "c_blob", sql: "longblob", values: awkwardBytes.map((hex) => [`x'${hex}'`, bytes(hex)]) },
  { name: "c_tinyblob", sql: "tinyblob", values: [["x'00'", bytes("00")]] },
  {
    name: "c_enum",
    sql: String.raw`enum('it''s','a,b','"q"','ü','😀','back\\slash','','0','NULL')`,
    values: texts("it's", "a,b", '"q"', "ü", "😀", "back\\slash", "", "0", "NULL"),
  },
  {
    name: "c_set",
    sql: String.raw`set('it''s','"q"','back\\slash','ü😀','NULL','two words','{x}')`,
    values: [
      set("", "{}"),
      set("it's", "{it's}"),
      set("NULL", '{"NULL"}'),
      set(
        String.raw`it's,"q",back\slash,ü😀,NULL,two words,{x}`,
        String.raw`{it's,"\"q\"","back\\slash",ü😀,"NULL","two words","{x}"}`,
      ),
    ],
  },
  {
    name: "c_point",
    sql: "point",
    values: [
      [
        "ST_GeomFromText('POINT(1 2)')",
        {
          postgres: extendedWkb,
          sqlite: `t:${extendedWkb}`,
          mysql: `x:000000000101000000${wkb}`,
        },
      ],
    ],
  },
];

/** Of MySQL alone: a zero keeps its sign, and JSON is a value. */
export const mysqlOnlyTypes: readonly TypeColumn[] = [
  {
    name: "c_minus_zero",
    sql: "double",
    values: [["-0e0", { postgres: "-0", sqlite: "r:0", mysql: "-0", mariadb: "0" }]],
  },
  {
    name: "c_json",
    sql: "json",
    values: [
      [`'{"a": 1, "a": 2, "b": [true, null]}'`, json('{"a": 2, "b": [true, null]}')],
      ["'null'", json("null")],
      [text('"ü😀\\n\\\\"'), json('"ü😀\\n\\\\"')],
      ["'18446744073709551615'", json("18446744073709551615")],
      [
        "'[0.1, -1.5e300]'",
        {
          postgres: `[0.1, -15${"0".repeat(299)}]`,
          sqlite: "t:[0.1, -1.5e300]",
          mysql: "[0.1,-1.5e300]",
          mariadb: "[0.1, -1.5e300]",
        },
      ],
    ],
  },
];

/** Of MariaDB alone: JSON is a text, and there are types for addresses. */
export const mariadbOnlyTypes: readonly TypeColumn[] = [
  {
    name: "c_json_text",
    sql: "json",
    notOn: ["mysql"],
    values: texts('{"a": 1, "a": 2, "b":12345678901234567890.5}', " [1.0, 1e400 ] ", "null"),
  },
  {
    name: "c_json",
    sql: "json",
    values: [
      [`'{"a": 1}'`, { postgres: '{"a": 1}', sqlite: 't:{"a": 1}', mysql: '{"a":1}', mariadb: '{"a": 1}' }],
      ["'null'", "null"],
    ],
  },
  {
    name: "c_uuid",
    sql: "uuid",
    values: quoted("00000000-0000-0000-0000-000000000000", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
  },
  { name: "c_inet6", sql: "inet6", values: quoted("::", "2001:db8::ff00:42:8329", "::ffff:192.0.2.1") },
  { name: "c_inet4", sql: "inet4", values: quoted("0.0.0.0", "255.255.255.255") },
];

/** As MySQL prints it, and as the laboratory's client does, without spaces. */
function json(value: string): Shown {
  const compact = value.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, "$1");
  return { postgres: value, sqlite: `t:${value}`, mysql: compact, mariadb: value };
}
