import { hash } from "node:crypto";
import type { DigestColumn } from "../../engines/data-roles.ts";
import { type Asked, askedSides, type CompareOptions } from "./asked.ts";
import type { DifferingRows, RowDifference, ValueDifference } from "./differing-rows.ts";
import { betweenParts } from "./interrupted.ts";
import { canonicalJson } from "./same-json.ts";

/** Rows of a pass: each costs some hundred bytes until its twin is seen. */
const rowsAPass = 200_000;

/**
 * Compares the columns that only the program can compare, in a table without a key: a row is known by the hash of its
 * other columns. Among the rows of one hash each side must have the same values as often; what is left over on both
 * sides differs, and what is left over on one alone is a row that the digests tell of.
 */
export async function keylessColumns(options: CompareOptions): Promise<DifferingRows> {
  const program = askedSides(options, isForProgram);
  const others = askedSides(options, (form) => !isForProgram(form));
  const sides = (
    [
      ["source", 1],
      ["target", -1],
    ] as const
  ).map(([side, sign]) => {
    return { sign, asked: asKey(others[side], program[side].request.columns) };
  });
  const names = program.target.request.columns.map(({ name }) => name);
  // An accepted loss leaves NULL where the column itself holds something.
  const isRounded = program.source.request.columns.map(({ accepts = [] }) => accepts.includes("json-lossy"));
  const mayBecomeNull = program.source.request.columns.map(({ accepts = [] }) => accepts.length > 0);
  let differences = 0;
  const listed: RowDifference[] = [];
  const passes = Math.max(1, Math.ceil(options.table.estimate.rows / rowsAPass));
  for (let pass = 0; pass < passes; pass++) {
    await betweenParts(options);
    const counts = new Map<string, Map<string, number>>();
    await eachRow((rowHash, id, _, sign) => {
      const ids = counts.get(rowHash) ?? new Map<string, number>();
      const count = (ids.get(id) ?? 0) + sign;
      if (count === 0) ids.delete(id);
      else ids.set(id, count);
      if (ids.size === 0) counts.delete(rowHash);
      else counts.set(rowHash, ids);
    });
    const wanted = new Map<string, number>();
    for (const [rowHash, ids] of counts) {
      const left = [...ids.values()];
      const count = Math.min(sum(left.filter((n) => n > 0)), -sum(left.filter((n) => n < 0)));
      if (count > 0 && listed.length + wanted.size < options.listed) wanted.set(rowHash, count);
      differences += count;
    }
    if (wanted.size === 0) continue;
    // Values are wide, so that only those that will be shown are read again and kept.
    const shown = new Map(
      [...wanted.keys()].map((rowHash) => [rowHash, { source: [], target: [] } as Shown]),
    );
    await eachRow((rowHash, id, values, sign) => {
      const list = shown.get(rowHash)?.[sign > 0 ? "source" : "target"];
      const left = counts.get(rowHash)?.get(id) ?? 0;
      if (list !== undefined && left * sign > 0 && list.length < wanted.get(rowHash)!) list.push(values);
    });
    for (const { source, target } of shown.values()) {
      for (const [n, ours] of source.entries()) listed.push(rowOf(names, ours, target[n] ?? [], isRounded));
    }

    async function eachRow(
      visit: (rowHash: string, id: string, values: readonly (string | null)[], sign: number) => void,
    ): Promise<void> {
      for (const { sign, asked } of sides) {
        const { role, session, request } = asked;
        for await (const row of role.hashes(session, request, { by: "all" })) {
          if (Number.parseInt(row.hash.slice(0, 8), 16) % passes !== pass) continue;
          const values = names.map((_, n) => {
            const isNull = row.key[names.length + n] === "1" || (mayBecomeNull[n] && row.key[n] === "");
            return isNull ? null : (row.key[n] ?? null);
          });
          visit(row.hash, idOf(values, isRounded), values, sign);
        }
      }
    }
  }
  return { differences, listed: listed.slice(0, options.listed), withinTolerance: 0 };
}

interface Shown {
  readonly source: (readonly (string | null)[])[];
  readonly target: (readonly (string | null)[])[];
}

function isForProgram(kind: DigestColumn["form"]["kind"]): boolean {
  return kind === "json" || kind === "array";
}

/** The columns stand where a key would, so that each row's come with its hash; NULL is told by columns of their own. */
function asKey(others: Asked, columns: readonly DigestColumn[]): Asked {
  const nulls = columns.map((column): DigestColumn => {
    const operand = column.value ?? { kind: "column", name: column.name };
    return {
      name: column.name,
      value: { kind: "is", operand, what: "null", not: false },
      type: { kind: "boolean" },
      form: { kind: "boolean" },
    };
  });
  return { ...others, request: { ...others.request, key: [...columns, ...nulls] } };
}

function idOf(values: readonly (string | null)[], isRounded: readonly boolean[]): string {
  const texts = values.map((value, n) =>
    value === null ? null : (canonicalJson(value, isRounded[n]) ?? value),
  );
  return hash("md5", JSON.stringify(texts));
}

function rowOf(
  names: readonly string[],
  source: readonly (string | null)[],
  target: readonly (string | null)[],
  isRounded: readonly boolean[],
): RowDifference {
  const values = names.flatMap((column, n): ValueDifference[] => {
    const [ours, theirs] = [source[n] ?? null, target[n] ?? null];
    const rounded = isRounded.slice(n, n + 1);
    return idOf([ours], rounded) === idOf([theirs], rounded)
      ? []
      : [{ column, source: ours, target: theirs }];
  });
  return { kind: "different", key: [], values };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
