import type { Expression } from "../../core/expression.ts";
import type { Dialect } from "./dialect.ts";

type Print = (expression: Expression) => string | null;
type Form = (values: readonly Expression[], print: Print) => string | null;

/**
 * Calls that are more than a name in at least one dialect. They come from mapping rules and from the queries of views,
 * never from another expression of a catalogue: a text means them by a name that no server has, `godwit_…`, except
 * where their readers write it.
 */
const forms: Readonly<Record<string, Readonly<Record<Dialect, Form>>>> = {
  /** SHA-256 of the text's UTF-8, in lower-case hexadecimal digits. */
  sha256_hex: {
    postgres: one((text) => `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`),
    mysql: one((text) => `sha2(CONVERT(${text} USING utf8mb4), 256)`),
    // SQLite has none: the session of the program gives it one.
    sqlite: one((text) => `godwit_sha256(${text})`),
  },
  /** Each character of the second text, which is a literal, becomes the one at its place in the third. */
  translate: {
    postgres: (values, print) => each(values, print, (texts) => `translate(${texts.join(", ")})`),
    mysql: replacements,
    sqlite: replacements,
  },
  /** Each digit becomes one by chance; see randomDigits for what that means beyond the 64th character. */
  random_digits: {
    postgres: one(
      (text) =>
        `(SELECT string_agg(CASE WHEN c ~ '^[0-9]$' THEN floor(random() * 10)::int::text ELSE c END, '' ORDER BY n) FROM regexp_split_to_table(${text}, '') WITH ORDINALITY AS t (c, n))`,
    ),
    mysql: one((text) =>
      randomDigits(text, {
        length: "char_length",
        digit: "CAST(floor(rand() * 10) AS CHAR)",
        isDigit: (character) => `${character} REGEXP '^[0-9]$'`,
        join: (parts) => `concat(${parts.join(", ")})`,
      }),
    ),
    sqlite: one((text) =>
      randomDigits(text, {
        length: "length",
        digit: "CAST((random() & 9223372036854775807) % 10 AS TEXT)",
        isDigit: (character) => `${character} GLOB '[0-9]'`,
        // A chain of || is a tree as deep as it is long, and 1,000 is the most; this one is 7 deep.
        join: balanced,
      }),
    ),
  },
  /** SQLite's max and min of several values: NULL where one of them is; PostgreSQL's leave NULL out. */
  strict_greatest: { postgres: strict("greatest"), mysql: named("greatest"), sqlite: named("max") },
  strict_least: { postgres: strict("least"), mysql: named("least"), sqlite: named("min") },
  date_of: { postgres: castTo("date"), mysql: castTo("DATE"), sqlite: named("date") },
  time_of: { postgres: castTo("time(0)"), mysql: castTo("TIME"), sqlite: named("time") },
  datetime_of: { postgres: castTo("timestamp(0)"), mysql: castTo("DATETIME"), sqlite: named("datetime") },
  /** A literal format of SQLite's strftime, and the time. */
  strftime: {
    postgres: (values, print) => {
      const format = formatFor(
        values[0],
        postgresFormat,
        (text) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`,
      );
      const time = values[1] === undefined ? null : print(values[1]);
      if (format === null || time === null) return null;
      return `to_char(CAST(${time} AS timestamp), '${format.replaceAll("'", "''")}')`;
    },
    mysql: (values, print) => {
      const format = formatFor(values[0], mysqlFormat, (text) => text.replaceAll("%", "%%"));
      const time = values[1] === undefined ? null : print(values[1]);
      const literal = format === null ? null : print({ kind: "string", value: format });
      return literal === null || time === null ? null : `date_format(${time}, ${literal})`;
    },
    sqlite: named("strftime"),
  },
  // From here on: of queries, whose rows are compared.
  year_of: partOf("year", "Y"),
  month_of: partOf("month", "m"),
  day_of: partOf("day", "d"),
  hour_of: partOf("hour", "H"),
  minute_of: partOf("minute", "M"),
  round: { postgres: named("round"), mysql: named("round"), sqlite: named("round") },
  floor: { postgres: named("floor"), mysql: named("floor"), sqlite: named("floor") },
  ceil: { postgres: named("ceil"), mysql: named("ceil"), sqlite: named("ceil") },
  sign: { postgres: named("sign"), mysql: named("sign"), sqlite: named("sign") },
  concat_ws: { postgres: named("concat_ws"), mysql: named("concat_ws"), sqlite: named("concat_ws") },
  /** MySQL's: of whole numbers, too, it keeps the fraction, and by zero it gives NULL. */
  exact_division: {
    postgres: two((left, right) => `(CAST(${left} AS numeric) / nullif(${right}, 0))`),
    mysql: two((left, right) => `(${left} / ${right})`),
    sqlite: two((left, right) => `(CAST(${left} AS REAL) / nullif(${right}, 0))`),
  },
  /** Of whole numbers it gives one; in MySQL that would be another operator, by types that are not known here. */
  division: {
    postgres: two((left, right) => `(${left} / ${right})`),
    mysql: () => null,
    sqlite: two((left, right) => `(${left} / ${right})`),
  },
};

/** Of a time, a part as a whole number. */
function partOf(field: string, letter: string): Readonly<Record<Dialect, Form>> {
  return {
    postgres: one((text) => `CAST(extract(${field} FROM ${text}) AS integer)`),
    mysql: one((text) => `${field}(${text})`),
    sqlite: one((text) => `CAST(strftime('%${letter}', ${text}) AS INTEGER)`),
  };
}

/** Writes such a call; undefined where the name is none of these, null where the dialect cannot say it. */
export function printForm(
  { name, arguments: values }: Extract<Expression, { kind: "call" }>,
  dialect: Dialect,
  print: Print,
): string | null | undefined {
  return Object.hasOwn(forms, name) ? (forms[name]?.[dialect](values, print) ?? null) : undefined;
}

/** The neutral name of `godwit_…`, as the rules' reader writes it; null of any other name. */
export function formCalled(written: string): string | null {
  const name = written.startsWith("godwit_") ? written.slice("godwit_".length) : "";
  return Object.hasOwn(forms, name) ? name : null;
}

function each(
  values: readonly Expression[],
  print: Print,
  make: (texts: readonly string[]) => string,
): string | null {
  const texts = values.map(print);
  return texts.includes(null) ? null : make(texts as string[]);
}

function one(make: (text: string) => string): Form {
  return (values, print) => (values.length === 1 ? each(values, print, ([text]) => make(text!)) : null);
}

function two(make: (left: string, right: string) => string): Form {
  return (values, print) =>
    values.length === 2 ? each(values, print, ([left, right]) => make(left!, right!)) : null;
}

function named(name: string): Form {
  return (values, print) => each(values, print, (texts) => `${name}(${texts.join(", ")})`);
}

function strict(name: string): Form {
  return (values, print) =>
    each(values, print, (texts) => {
      const someNull = texts.map((text) => `${text} IS NULL`).join(" OR ");
      return `CASE WHEN ${someNull} THEN NULL ELSE ${name}(${texts.join(", ")}) END`;
    });
}

function castTo(type: string): Form {
  return one((text) => `CAST(${text} AS ${type})`);
}

/**
 * translate() as nested replace(). One replacement must not see what another one has written: a character that is
 * both replaced and written is replaced before anything writes it. Null where no order does (a to b and b to a).
 */
function replacements([text, from, to]: readonly Expression[], print: Print): string | null {
  if (text === undefined || from?.kind !== "string" || to?.kind !== "string") return null;
  const written = [...to.value];
  const pairs = new Map<string, string>();
  for (const [index, character] of [...from.value].entries()) {
    if (!pairs.has(character)) pairs.set(character, written[index] ?? "");
  }
  const open = [...pairs].filter(([character, by]) => character !== by);
  let result = print(text);
  while (open.length > 0 && result !== null) {
    // What nobody still waits to have replaced may be written.
    const next = open.findIndex(([, by]) => !open.some(([character]) => character === by));
    const [pair] = next === -1 ? [] : open.splice(next, 1);
    if (pair === undefined) return null;
    const [what, by] = pair.map((value) => print({ kind: "string", value }));
    result = `replace(${result}, ${what}, ${by})`;
  }
  return result;
}

/** So many characters get digits of their own; each further digit of a value becomes one and the same, by chance. */
const randomisedOneByOne = 64;

interface RandomWords {
  readonly length: string;
  readonly digit: string;
  readonly isDigit: (character: string) => string;
  readonly join: (parts: readonly string[]) => string;
}

/** Neither MySQL nor SQLite can go through a text's characters in an expression, so their places are written out. */
function randomDigits(text: string, { length, digit, isDigit, join }: RandomWords): string {
  const parts = Array.from({ length: randomisedOneByOne }, (_, index) => {
    const character = `substr(${text}, ${index + 1}, 1)`;
    return `CASE WHEN ${isDigit(character)} THEN ${digit} ELSE ${character} END`;
  });
  let rest = `substr(${text}, ${randomisedOneByOne + 1})`;
  // All become 0 first, so that what is written is not read again.
  for (const character of "123456789") rest = `replace(${rest}, '${character}', '0')`;
  rest = `CASE WHEN ${length}(${text}) > ${randomisedOneByOne} THEN replace(${rest}, '0', ${digit}) ELSE '' END`;
  return join([...parts, rest]);
}

function balanced(parts: readonly string[]): string {
  if (parts.length === 1) return parts[0]!;
  const middle = Math.ceil(parts.length / 2);
  return `(${balanced(parts.slice(0, middle))} || ${balanced(parts.slice(middle))})`;
}

const postgresFormat: Readonly<Record<string, string>> = {
  Y: "YYYY",
  m: "MM",
  d: "DD",
  H: "HH24",
  M: "MI",
  S: "SS",
  j: "DDD",
};
const mysqlFormat: Readonly<Record<string, string>> = {
  Y: "%Y",
  m: "%m",
  d: "%d",
  H: "%H",
  M: "%i",
  S: "%s",
  j: "%j",
};

/** A format of strftime in another dialect's words; null where it holds what the other one says differently. */
function formatFor(
  format: Expression | undefined,
  words: Readonly<Record<string, string>>,
  literal: (text: string) => string,
): string | null {
  if (format?.kind !== "string") return null;
  let made = "";
  for (const [piece, letter] of format.value.matchAll(/%(.)|[^%]+|%$/gsu)) {
    if (letter === undefined) {
      if (piece === "%") return null;
      made += literal(piece);
    } else if (letter === "%") made += literal("%");
    else if (Object.hasOwn(words, letter)) made += words[letter];
    else return null;
  }
  return made;
}
