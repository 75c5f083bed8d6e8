import { isUtf8 } from "node:buffer";
import type { Question } from "../data-roles.ts";
import { anyOf, between, concatOf } from "./many.ts";
import { riskSql } from "./profile-risk.ts";
import type { TableShape } from "./table-shape.ts";
import { traits } from "./traits.ts";

/** What tells of many rows at once that none shows any of the risks. */
export interface QuickQuestions {
  /** True of each row that may show one; false or NULL of all others. */
  readonly odd: string;
  /** A row's texts whose bytes have to be looked at, with ASCII between them; null: none. */
  readonly texts: string | null;
}

/**
 * The questions in a form that calls no function of the program and few of SQLite; a piece with an odd row is asked
 * again exactly. Null where that would say nothing.
 */
export function quickQuestions(questions: readonly Question[], shape: TableShape): QuickQuestions | null {
  const odd: string[] = [];
  const texts = new Set<string>();
  const shaped = new Set(
    questions.flatMap(({ column, risk }) =>
      risk.kind === "format" && (risk.of === "date" || risk.of === "timestamp") ? [column] : [],
    ),
  );
  for (const question of questions) {
    const value = traits.quote(question.column);
    const { kind } = question.risk;
    if (kind === "nul-character" || kind === "invalid-encoding") {
      // In UTF-16 the bytes say nothing of either.
      if (shape.utf16 !== false) return null;
      texts.add(value);
      continue;
    }
    // A rowid is an integer, whatever one tries to store.
    if (kind === "storage-class" && isRowid(question, shape)) continue;
    // A date that is spelled as one has neither a zero month nor a zero day, and begins with year 1.
    if (kind === "zero-date" && shaped.has(question.column)) continue;
    odd.push(...oddSql(value, question, shaped).map((one) => `(${one})`));
  }
  return {
    odd: `(${anyOf([...new Set(odd)])})`,
    texts: texts.size === 0 ? null : concatOf(between([...texts], "';'")),
  };
}

/** Between two values stands ASCII, so bytes of several are UTF-8 together exactly if each is. */
export function areUsualTexts(bytes: Uint8Array | null): boolean {
  if (bytes === null) return true;
  return isUtf8(bytes) && !Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(0);
}

/** `shaped`: columns whose dates and times are looked at for how they are spelled. */
function oddSql(value: string, question: Question, shaped: ReadonlySet<string>): readonly string[] {
  const { from, risk } = question;
  const noNumber = `${value} >= ''`;
  switch (risk.kind) {
    case "not-boolean":
      return [noNumber, `${value} NOT IN (0, 1)`];
    case "range":
      return [noNumber, `${value} < ${risk.minimum}`, `${value} > ${risk.maximum}`];
    case "length":
      return [`octet_length(${value}) > ${risk.limit}`];
    case "precision":
    case "scale":
      // A call of the program for each row would take longer than all else together.
      if (from.kind === "time") return [misspelled(value, "time") ?? riskSql(value, question)];
      if (from.kind === "timestamp") {
        const digits = `octet_length(${value}) > ${20 + risk.digits}`;
        return shaped.has(question.column) ? [digits] : [misspelled(value, "timestamp")!, digits];
      }
      if (risk.kind === "precision") return [riskSql(value, question)];
      // Rounding gives the double next to the shorter digits: the same one, if those are all that it has.
      return risk.digits > 6
        ? [riskSql(value, question)]
        : [noNumber, `${value} NOT BETWEEN -1e9 AND 1e9`, `round(${value}, ${risk.digits}) <> ${value}`];
    case "zero-date":
      return [`${value} GLOB '*0000-*' OR ${value} GLOB '*-00*'`];
    case "not-a-number":
      return [noNumber];
    case "infinity":
      return [noNumber, `${value} IN (9e999, -9e999)`];
    case "storage-class":
      return otherClass(value, risk.expected);
    case "format":
      return [misspelled(value, risk.of) ?? riskSql(value, question)];
    default:
      return [riskSql(value, question)];
  }
}

/** Numbers come before texts and texts before blobs in SQLite's order, so that typeof() is seldom called. */
function otherClass(value: string, expected: readonly string[]): readonly string[] {
  const numbers = ["integer", "real"].filter((one) => !expected.includes(one));
  const odd = numbers.length === 2 ? [`${value} < ''`] : numbers.map((one) => `typeof(${value}) = '${one}'`);
  const [text, blob] = ["text", "blob"].map((one) => expected.includes(one));
  if (text && blob) return odd;
  if (!text && !blob) return [...odd, `${value} >= ''`];
  return [...odd, text ? `${value} >= x''` : `(${value} >= '' AND ${value} < x'')`];
}

function isRowid({ column }: Question, { rowidColumn }: TableShape): boolean {
  return rowidColumn !== null && column.toLowerCase() === rowidColumn.toLowerCase();
}

type Format = Extract<Question["risk"], { kind: "format" }>["of"];

/**
 * SQLite's own functions give a day that is none as another one: only a day of the calendar comes back as it was. Its
 * length() ends at U+0000, which GLOB does not see behind; 24:00:00 is a time to it.
 */
function misspelled(value: string, of: Format): string | null {
  const odd = (isUsual: string) => `${value} IS NOT NULL AND (${isUsual}) IS NOT TRUE`;
  switch (of) {
    case "date":
      return odd(`octet_length(${value}) = 10 AND ${value} >= '0001' AND date(${value}) = ${value}`);
    case "time":
      return odd(`octet_length(${value}) = 8 AND time(${value}) = ${value} AND ${value} < '24'`);
    case "timestamp":
      return odd(
        `${value} >= '0001' AND datetime(${value}) = substr(${value}, 1, 19) AND substr(${value}, 12, 2) < '24' AND CASE octet_length(${value}) WHEN 19 THEN 1
         WHEN 26 THEN ${value} GLOB '*.${"[0-9]".repeat(6)}'
         ELSE octet_length(${value}) BETWEEN 21 AND 25 AND length(${value}) = octet_length(${value}) AND ${value} GLOB '????-??-?? ??:??:??.[0-9]*' AND substr(${value}, 21) NOT GLOB '*[^0-9]*' END`,
      );
    case "number":
      return `${value} >= ''`;
    case "integer":
      return `typeof(${value}) NOT IN ('integer', 'null')`;
    default:
      return null;
  }
}
