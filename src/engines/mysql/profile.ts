import type { Expression } from "../../core/expression.ts";
import type { PortableType, TableName } from "../../core/portable.ts";
import type {
  Answer,
  KeyColumn,
  LongValue,
  LongValuesRequest,
  ProfileRole,
  Question,
  Range,
  TextEquality,
} from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { closestCollation } from "./closest-collation.ts";
import type { NamedServer } from "./server-version.ts";
import { columnFacts, type ColumnFacts } from "./column-facts.ts";
import { dataSession } from "./data-session.ts";
import { rangeCondition } from "./key-range.ts";
import { isOfTexts, oddTextsSql, riskSql } from "./profile-risk.ts";
import { columnReading, expressionText } from "./read-column.ts";
import { tableText } from "./sql-text.ts";
import { traits } from "./traits.ts";

export const profile: ProfileRole = {
  answers,
  takesRanges: true,
  ofTexts: [{ kind: "undefined-bytes" }],
  duplicates,
  longValues,
};

const exampleCount = 5;
/** For people: enough to see what it is. */
const longestExample = 200;
/** A result has 4,096 columns at most. */
const columnsAtOnce = 1_000;
const none: Answer = { rows: 0n, examples: [] };

async function answers(
  session: Session,
  table: TableName,
  key: readonly KeyColumn[],
  questions: readonly Question[],
  range: Range = { by: "all" },
  where: Expression | null = null,
): Promise<Answer[]> {
  const { mariaDb } = await dataSession(session);
  const parts = [rangeCondition(range, key), where === null ? null : expressionText(where)];
  const given = parts.filter((part) => part !== null);
  const within = given.length === 0 ? null : given.join(" AND ");
  const facts = await columnFacts(session, table);
  const conditions = questions.map(({ column, from, risk }) =>
    riskSql(traits.quote(column), from, risk, facts.get(column), mariaDb),
  );
  const asked = conditions.flatMap((condition, n) => (condition === null ? [] : [{ condition, n }]));
  const isText = ({ n }: { readonly n: number }) => {
    const { column, from, risk } = questions[n]!;
    return isOfTexts(from, risk, traits.quote(column), facts.get(column));
  };
  const texts = asked.filter(isText);
  const others = asked.filter((one) => !isText(one));
  const found = questions.map(() => none);
  const take = async (list: typeof asked, counts: readonly bigint[]) => {
    for (const [place, { condition, n }] of list.entries()) {
      const rows = counts[place]!;
      if (rows === 0n) continue;
      found[n] = {
        rows,
        examples: await examples(
          session,
          table,
          key,
          questions[n]!,
          within === null ? condition : `(${condition}) AND ${within}`,
          facts,
        ),
      };
    }
  };
  const count = (list: typeof asked, more: readonly string[] = []) =>
    countRows(session, table, [...list.map(({ condition }) => condition), ...more], within);
  if (texts.length < 2) {
    await take(asked, await count(asked));
    return found;
  }
  const columns = [...new Set(texts.map(({ n }) => questions[n]!.column))].map((name) => {
    return { sql: traits.quote(name), facts: facts.get(name)! };
  });
  const counts = await count(others, [oddTextsSql(columns, mariaDb)]);
  await take(others, counts);
  if (counts.at(-1) !== 0n) await take(texts, await count(texts));
  return found;
}

/** How many rows meet each of the conditions, in one scan for a thousand of them. */
async function countRows(
  session: Session,
  table: TableName,
  conditions: readonly string[],
  within: string | null,
): Promise<bigint[]> {
  const found: bigint[] = [];
  for (let at = 0; at < conditions.length; at += columnsAtOnce) {
    const part = conditions.slice(at, at + columnsAtOnce);
    const counts = part.map(
      (condition, n) => `CAST(SUM(CASE WHEN ${condition} THEN 1 ELSE 0 END) AS CHAR) AS n${n}`,
    );
    const [row] = await session.query(
      `SELECT ${counts.join(", ")} FROM ${tableText(table)}${within === null ? "" : ` WHERE ${within}`}`,
    );
    found.push(...part.map((_, n) => BigInt(String(row?.[`n${n}`] ?? 0))));
  }
  return found;
}

async function examples(
  session: Session,
  table: TableName,
  key: readonly KeyColumn[],
  { column, from, risk }: Question,
  condition: string,
  facts: ReadonlyMap<string, ColumnFacts>,
): Promise<Answer["examples"]> {
  const keys = key.map(({ name, type }, n) => `${plainText(name, type, facts)} AS k${n}`);
  const name = traits.quote(column);
  // A part first, so that a long value makes no long text.
  const value =
    from.kind === "bytes" || risk.kind === "undefined-bytes"
      ? `CONCAT('\\\\x', LOWER(HEX(LEFT(${name}, ${longestExample}))))`
      : `LEFT(${plainText(column, from, facts)}, ${longestExample})`;
  const rows = await session.query(
    `SELECT ${[...keys, `${value} AS example`].join(", ")} FROM ${tableText(table)} WHERE ${condition} LIMIT ${exampleCount}`,
  );
  return rows.map((row) => ({
    key: key.map((_, n) => String(row[`k${n}`])),
    value: row.example === null ? "NULL" : String(row.example),
  }));
}

/** In the wire form, without COPY's escapes. */
function plainText(name: string, type: PortableType, facts: ReadonlyMap<string, ColumnFacts>): string {
  const reading = columnReading({ name, value: null, from: type, to: type }, facts.get(name), {
    bytesPrefix: "",
  });
  return `CONVERT(${type.kind === "bytes" ? `LOWER(HEX(${reading.wide}))` : reading.wide} USING utf8mb4)`;
}

/** Only columns whose type allows so much are looked at. */
async function longValues(
  session: Session,
  { table, key, columns, where }: LongValuesRequest,
): Promise<readonly LongValue[]> {
  await dataSession(session);
  const facts = await columnFacts(session, table);
  const declared = await session.query(
    `SELECT COLUMN_NAME AS name, CAST(CHARACTER_OCTET_LENGTH AS CHAR) AS longest FROM information_schema.COLUMNS
      WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?`,
    [table.name],
  );
  const longest = new Map(declared.map((row) => [String(row.name), Number(row.longest ?? 0)]));
  const able = columns.filter(({ name, upToBytes }) => (longest.get(name) ?? 0) > upToBytes);
  if (able.length === 0) return [];
  const length = (name: string) => `LENGTH(${traits.quote(name)})`;
  const long = able.map(({ name, upToBytes }) => `${length(name)} > ${upToBytes}`);
  const cases = (value: (name: string, n: number) => string) =>
    `CASE ${able.map(({ name }, n) => `WHEN ${long[n]} THEN ${value(name, n)}`).join(" ")} END`;
  const keys = key.map(({ name, type }, n) => `${plainText(name, type, facts)} AS k${n}`);
  const condition = where === null ? "" : ` AND (${expressionText(where)})`;
  const rows = await session.query(
    `SELECT ${[...keys, `${cases((_, n) => String(n))} AS place`, `CAST(${cases(length)} AS CHAR) AS bytes`].join(", ")}
      FROM ${tableText(table)} WHERE (${long.join(" OR ")})${condition} LIMIT ${exampleCount}`,
  );
  return rows.map((row) => ({
    key: key.map((_, n) => String(row[`k${n}`])),
    column: able[Number(row.place)]!.name,
    bytes: BigInt(String(row.bytes)),
  }));
}

/**
 * Folded as the target would, as far as one collation of both servers can; the two values of a group are the least and
 * the greatest of its rows. A sign behind the text keeps its trailing spaces, which these collations would not count.
 */
async function duplicates(
  session: Session,
  table: TableName,
  { columns, where, limit }: Parameters<ProfileRole["duplicates"]>[2],
): Promise<readonly (readonly [string, string])[]> {
  const server = await dataSession(session);
  const texts = columns.map(({ name }) => `CONVERT(${traits.quote(name)} USING utf8mb4)`);
  const folded = columns.map(({ equality }, n) => foldedSql(texts[n]!, equality, server));
  const conditions = [
    ...columns.map(({ name }) => `${traits.quote(name)} IS NOT NULL`),
    ...(where === null ? [] : [expressionText(where)]),
  ];
  const row = `CONCAT(CONCAT_WS(', ', ${texts.join(", ")}), '|') COLLATE utf8mb4_bin`;
  const rows = await session.query(
    `SELECT MIN(${row}) AS one, MAX(${row}) AS other FROM ${tableText(table)} WHERE ${conditions.join(" AND ")}
      GROUP BY ${folded.join(", ")} HAVING MIN(${row}) <> MAX(${row}) LIMIT ${limit}`,
  );
  return rows.map((found) => [String(found.one).slice(0, -1), String(found.other).slice(0, -1)]);
}

function foldedSql(text: string, equality: TextEquality | null, server: NamedServer): string {
  const whole = equality?.padSpace === true ? `TRIM(TRAILING ' ' FROM ${text})` : text;
  if (equality?.name !== undefined) {
    const own = closestCollation({ ...equality, name: equality.name }, server);
    return `CONCAT(${whole}, '|') COLLATE ${own ?? "utf8mb4_bin"}`;
  }
  if (equality?.accentInsensitive === true) return `CONCAT(${whole}, '|') COLLATE utf8mb4_unicode_520_ci`;
  return `CONCAT(${equality?.caseInsensitive === true ? `LOWER(${whole})` : whole}, '|') COLLATE utf8mb4_bin`;
}
