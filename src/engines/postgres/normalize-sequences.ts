import type { PortableIdentity, PortableSequence } from "../../core/portable.ts";
import type { Session } from "../engine.ts";
import type { SequenceRow } from "./dump-sequences.ts";
import { rows } from "./inspect-catalog.ts";

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

export function portableSequence(sequence: SequenceRow, next: string | undefined): PortableSequence {
  return {
    schema: sequence.schema,
    name: sequence.name,
    next: next ?? sequence.start,
    increment: sequence.increment,
    minimum: sequence.minimum,
    maximum: sequence.maximum,
    cycle: sequence.cycle,
  };
}
