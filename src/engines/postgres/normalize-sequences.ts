import type { Making, PortableIdentity, PortableSequence } from "../../core/portable.ts";
import type { Session } from "../engine.ts";
import type { SequenceRow } from "./dump-sequences.ts";
import { rows } from "./inspect-catalog.ts";
import { literal } from "./sql-text.ts";

/** The value that each sequence would give next, by its oid; read from its only row, which takes none. */
export async function readNextValues(
  session: Session,
  sequences: readonly SequenceRow[],
): Promise<ReadonlyMap<string, string>> {
  const next = new Map<string, string>();
  for (let at = 0; at < sequences.length; at += batch) {
    const selects = sequences
      .slice(at, at + batch)
      .map(
        ({ oid, full }) =>
          `SELECT '${oid}' AS oid, last_value::text AS last, is_called AS called FROM ${full}`,
      );
    const found = await rows<{ oid: string; last: string; called: boolean }>(
      session,
      selects.join(" UNION ALL "),
    );
    for (const { oid, last, called } of found) {
      const increment = BigInt(sequences.find((sequence) => sequence.oid === oid)?.increment ?? "1");
      next.set(oid, String(BigInt(last) + (called ? increment : 0n)));
    }
  }
  return next;
}

const batch = 200;

export function identityOf(
  sequence: SequenceRow,
  always: boolean,
  next: string | undefined,
): PortableIdentity {
  return { always, next: next ?? null, increment: sequence.increment };
}

export function portableSequence(
  sequence: SequenceRow,
  next: string | undefined,
  making: Making,
): PortableSequence {
  const value = next ?? sequence.start;
  return {
    // It stands where the source's stood when the copy was planned.
    making: {
      ...making,
      statements: [...making.statements, setValue(sequence, value)],
    },
    schema: sequence.schema,
    name: sequence.name,
    next: value,
    increment: sequence.increment,
    minimum: sequence.minimum,
    maximum: sequence.maximum,
    cycle: sequence.cycle,
  };
}

/** Puts it where the source's stood when that was read. */
export function setValue(sequence: SequenceRow, next: string): string {
  return `SELECT setval(${literal(sequence.full)}, ${within(next, sequence)}, false)`;
}

/** One that is used up gives an error at its end, as the source's does: that much setval cannot say. */
function within(value: string, { minimum, maximum }: SequenceRow): string {
  const [n, low, high] = [BigInt(value), BigInt(minimum), BigInt(maximum)];
  return String(n < low ? low : n > high ? high : n);
}
