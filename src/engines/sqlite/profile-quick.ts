import type { Question } from "../data-roles.ts";
import { anyOf, joinedBy } from "./many.ts";
import { riskSql } from "./profile-risk.ts";
import { rawFieldEnd, rawLeastMark, rawNull, rawOdd } from "./raw-rows.ts";
import type { TableShape } from "./table-shape.ts";
import { traits } from "./traits.ts";
import type { UsualField } from "./usual-rows.ts";

/** What tells of many rows at once that none shows any of the risks. */
export interface QuickQuestions {
  /** A row's texts whose bytes have to be looked at, as raw-rows has them; or its mark for what is odd. */
  readonly row: string;
  /** What those texts have to be. */
  readonly fields: readonly UsualField[];
}

/**
 * The questions in a form that calls no function of the program and few of SQLite; a piece with an odd row is asked
 * again exactly. Null where that would say nothing.
 */
export function quickQuestions(questions: readonly Question[], shape: TableShape): QuickQuestions | null {
  // In UTF-16 the marks are no bytes of their own.
  if (shape.utf16 !== false) return null;
  const fields = fieldsOf(questions);
  const odd: string[] = [];
  for (const question of questions) {
    const value = traits.quote(question.column);
    const { kind } = question.risk;
    // A rowid is an integer, whatever one tries to store.
    if (kind === "storage-class" && isRowid(question, shape)) continue;
    if (questions.some((other) => isWithin(question, other))) continue;
    const own = fields.filter(({ column }) => column === question.column);
    if (own.some((field) => isToldBy(field, question, shape))) continue;
    odd.push(...oddSql(value, question).map((one) => `(${one})`));
  }
  const row =
    fields.length === 0
      ? "''"
      : // A last empty text has the mark before it that ends the row's last field.
        joinedBy(rawFieldEnd, [...fields.map(fieldSql), "''"]);
  return {
    row: odd.length === 0 ? row : `CASE WHEN ${anyOf([...new Set(odd)])} THEN ${rawOdd} ELSE ${row} END`,
    fields,
  };
}

/** Whether a value outside of the one's range is odd to the other anyway. */
function isWithin({ column, risk }: Question, { column: other, from, risk: stricter }: Question): boolean {
  if (column !== other || risk.kind !== "range") return false;
  if (stricter.kind === "scale") {
    const isNumber = from.kind !== "time" && from.kind !== "timestamp";
    return isNumber && stricter.digits <= 6 && Number(risk.minimum) <= -1e9 && Number(risk.maximum) >= 1e9;
  }
  // All integers of SQLite.
  const isAll = risk.minimum === "-9223372036854775808" && risk.maximum === "9223372036854775807";
  return isAll && stricter.kind === "storage-class" && stricter.expected.join() === "integer";
}

interface Field extends UsualField {
  readonly column: string;
  /** Blobs are no concern, as long as they are no longer than texts. */
  readonly takesBlobs: boolean;
}

function fieldsOf(questions: readonly Question[]): Field[] {
  const shapes = new Map<string, Set<UsualField["shape"]>>();
  for (const question of questions) {
    const shape = shapeOf(question);
    if (shape === null) continue;
    const known = shapes.get(question.column) ?? new Set();
    shapes.set(question.column, known.add(shape));
  }
  return [...shapes].flatMap(([column, known]) => {
    // A date or a time has neither U+0000 nor bytes that are no UTF-8.
    const shaped = [...known].filter((shape) => shape !== "text");
    const own = questions.filter((question) => question.column === column);
    const limits = own.flatMap((question) => longest(question) ?? []);
    const takesBlobs =
      shaped.length === 0 &&
      own.every(({ risk }) => risk.kind !== "storage-class" || risk.expected.includes("blob"));
    return (shaped.length === 0 ? (["text"] as const) : shaped).map((shape): Field => {
      return { column, shape, longest: Math.min(Infinity, ...limits), takesBlobs };
    });
  });
}

/** How the column's texts have to be spelled, where the question is answered by their bytes. */
function shapeOf({ from, risk }: Question): UsualField["shape"] | null {
  switch (risk.kind) {
    case "nul-character":
    case "invalid-encoding":
      return "text";
    case "format":
      return risk.of === "date" || risk.of === "time" || risk.of === "timestamp" ? risk.of : null;
    case "precision":
    case "scale":
      return from.kind === "time" || from.kind === "timestamp" ? from.kind : null;
    default:
      return null;
  }
}

/** The length of a column's texts from which on they may show the risk. */
function longest({ from, risk }: Question): number | null {
  if (risk.kind === "length") return risk.limit;
  const isTimestamp = from.kind === "timestamp" && (risk.kind === "precision" || risk.kind === "scale");
  return isTimestamp ? 20 + risk.digits : null;
}

function isToldBy({ shape, takesBlobs }: Field, question: Question, { columns }: TableShape): boolean {
  const { column, risk } = question;
  if (shapeOf(question) !== null || risk.kind === "length") return true;
  // A date that is spelled as one has neither a zero month nor a zero day, and begins with year 1.
  if (risk.kind === "zero-date") return shape === "date" || shape === "timestamp";
  // A column of texts stores numbers as such.
  return (
    risk.kind === "storage-class" &&
    !takesBlobs &&
    risk.expected.includes("text") &&
    columns.get(column.toLowerCase())?.affinity === "text"
  );
}

function fieldSql({ column, takesBlobs, longest }: Field): string {
  const value = traits.quote(column);
  const short = Number.isFinite(longest) ? ` AND octet_length(${value}) <= ${longest}` : "";
  const blob = takesBlobs ? `WHEN ${value} >= x''${short} THEN ''` : "";
  return `CASE WHEN +${value} COLLATE BINARY < ${rawLeastMark} THEN ${value} ${blob} WHEN ${value} IS NULL THEN ${rawNull} ELSE ${rawOdd} END`;
}

function oddSql(value: string, { from, risk }: Question): readonly string[] {
  // Without the sign, SQLite would try for each value whether '' is a number.
  const noNumber = `+${value} >= ''`;
  switch (risk.kind) {
    case "not-boolean":
      return [noNumber, `${value} NOT IN (0, 1)`];
    case "range":
      return [noNumber, `${value} < ${risk.minimum}`, `${value} > ${risk.maximum}`];
    case "length":
      return [`octet_length(${value}) > ${risk.limit}`];
    case "scale":
      return risk.digits > 6
        ? [riskSql(value, { column: "", from, risk })]
        : [noNumber, `${value} NOT BETWEEN -1e9 AND 1e9`, `${rounded(value, risk.digits)} <> ${value}`];
    case "zero-date":
      return [`${value} GLOB '*0000-*' OR ${value} GLOB '*-00*'`];
    case "not-a-number":
      return [noNumber];
    case "infinity":
      return [noNumber, `${value} IN (9e999, -9e999)`];
    case "storage-class":
      return otherClass(value, risk.expected);
    case "format":
      if (risk.of === "number") return [noNumber];
      if (risk.of === "integer") return [`typeof(${value}) NOT IN ('integer', 'null')`];
      return [riskSql(value, { column: "", from, risk })];
    default:
      return [riskSql(value, { column: "", from, risk })];
  }
}

/**
 * The double next to the value's first digits behind the point: the same one, if those are all that it has. For numbers
 * up to 1e9 and six digits; round() would print them and read them again. Above 0, CAST rounds down.
 */
function rounded(value: string, digits: number): string {
  const unit = 10 ** digits;
  const shift = 1e9 * unit;
  return `(CAST(${value} * ${unit}.0 + ${shift}.5 AS INTEGER) - ${shift}) / ${unit}.0`;
}

/** Numbers come before texts and texts before blobs in SQLite's order, so that typeof() is seldom called. */
function otherClass(value: string, expected: readonly string[]): readonly string[] {
  if (expected.join() === "blob") return [`${value} < x''`];
  const numbers = ["integer", "real"].filter((one) => !expected.includes(one));
  const odd = numbers.length === 2 ? [`+${value} < ''`] : numbers.map((one) => `typeof(${value}) = '${one}'`);
  const [text, blob] = ["text", "blob"].map((one) => expected.includes(one));
  if (text && blob) return odd;
  if (!text && !blob) return [...odd, `+${value} >= ''`];
  return [...odd, text ? `${value} >= x''` : `(+${value} >= '' AND ${value} < x'')`];
}

function isRowid({ column }: Question, { rowidColumn }: TableShape): boolean {
  return rowidColumn !== null && column.toLowerCase() === rowidColumn.toLowerCase();
}
