import type { PortableSchema } from "../../core/portable.ts";
import type { NormalizeRole } from "../data-roles.ts";
import type { Session } from "../engine.ts";
import { readItems } from "./dump.ts";
import { readCatalog, serverVersion } from "./inspect-catalog.ts";
import { readTypedTables } from "./normalize-column-types.ts";
import { readConstraintFacts, readIndexParts } from "./normalize-constraints.ts";
import { hidden } from "./normalize-hidden.ts";
import { readActions } from "./normalize-actions.ts";
import { readLeftovers } from "./normalize-leftovers.ts";
import { makingsOf } from "./normalize-making.ts";
import { readPartitioned } from "./normalize-partitions.ts";
import { portableSequence, readNextValues } from "./normalize-sequences.ts";
import { portableTables, readEstimates } from "./normalize-tables.ts";
import { portableTypes, readColumnTypes } from "./normalize-types.ts";
import { takenApart, wholeTables } from "./normalize-whole.ts";

export const normalize: NormalizeRole = {
  schema: (session) => readCatalog(session, () => read(session)),
  columnTypes: (session) => readCatalog(session, () => readTypedTables(session)),
  hidden,
};

async function read(session: Session): Promise<PortableSchema> {
  const { items: all, relations, dependencies, comments, sequences } = await readItems(session, true);
  const items = takenApart(all, dependencies);
  const next = await readNextValues(session, sequences);
  const makings = makingsOf(items);
  const whole = wholeTables(items, dependencies, { relations, sequences, next });
  const types = await readColumnTypes(session, await serverVersion(session));
  const typeOf = portableTypes(types);
  const tables = portableTables({
    relations,
    comments,
    sequences,
    next,
    types,
    constraints: await readConstraintFacts(session),
    indexes: await readIndexParts(session),
    partitioned: await readPartitioned(session),
    estimates: await readEstimates(session),
    whole: whole.makings,
  });
  return {
    tables,
    views: relations.relations
      .filter((relation) => relation.kind === "v" || relation.kind === "m")
      .map((view) => ({
        schema: view.schema,
        name: view.name,
        text: (view.query ?? "").trim().replace(/;$/, ""),
        columns: (relations.columns.get(view.oid) ?? []).map((column) => column.name),
        types: (relations.columns.get(view.oid) ?? []).map(
          (column) => typeOf.get(`${view.oid}:${column.number}`) ?? { kind: "any" as const },
        ),
        materialized: view.kind === "m",
        comment: comments.get(`pg_class:${view.oid}:0`) ?? null,
        making: makings.get(`pg_class:${view.oid}`)!,
      })),
    sequences: sequences
      .filter((sequence) => sequence.owner === null)
      .map((sequence) =>
        portableSequence(sequence, next.get(sequence.oid), makings.get(`pg_class:${sequence.oid}`)!),
      ),
    leftovers: await readLeftovers(session, {
      items,
      relations,
      makings,
      sequences,
      late: whole.late,
      actions: await readActions(session),
    }),
  };
}
