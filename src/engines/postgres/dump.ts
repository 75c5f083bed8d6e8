import type { Session } from "../engine.ts";
import { actionItems } from "./dump-actions.ts";
import { type Comments, readComments } from "./dump-comments.ts";
import { collationItems } from "./dump-collations.ts";
import { constraintItems } from "./dump-constraints.ts";
import { grantLines } from "./dump-grants.ts";
import type { Item } from "./dump-item.ts";
import { leftOutLines } from "./dump-left-out.ts";
import { type Dependency, inOrder, readDependencies } from "./dump-order.ts";
import { routineItems } from "./dump-routines.ts";
import { schemaItems } from "./dump-schemas.ts";
import { readSequences, sequenceItems, type SequenceRow } from "./dump-sequences.ts";
import { tableItems } from "./dump-tables.ts";
import { textSearchItems } from "./dump-text-search.ts";
import { typeItems } from "./dump-types.ts";
import { viewItems } from "./dump-views.ts";
import { readCatalog, serverVersion } from "./inspect-catalog.ts";
import { readRelations, type Relations } from "./inspect-relations.ts";

/**
 * The schema as SQL that makes it again in an empty database: `dump` of that one gives the same text. Left out are
 * owners, tablespaces, security labels and user mappings; kinds of objects that are left out are counted at the end.
 */
export async function dump(session: Session): Promise<string> {
  return readCatalog(session, async () => {
    const { items } = await readItems(session);
    const grants = await grantLines(session);
    const leftOut = await leftOutLines(session);
    const parts = [
      // Bodies may name tables and routines that come later.
      "SET check_function_bodies = off;",
      ...items.map((item) => item.text),
      ...(grants.length === 0 ? [] : [grants.join("\n")]),
      "RESET check_function_bodies;",
      ...(leftOut.length === 0 ? [] : [leftOut.join("\n")]),
    ];
    return `${parts.join("\n\n")}\n`;
  });
}

/**
 * Everything in the order in which it can be made, with keys inside their tables or, `keysApart`, beside them. To be
 * called inside {@link readCatalog}.
 */
export async function readItems(
  session: Session,
  keysApart = false,
): Promise<{
  readonly items: readonly Item[];
  readonly relations: Relations;
  readonly dependencies: readonly Dependency[];
  readonly comments: Comments;
  readonly sequences: readonly SequenceRow[];
}> {
  const version = await serverVersion(session);
  const comments = await readComments(session);
  const relations = await readRelations(session, version);
  const sequences = await readSequences(session);
  const dependencies = await readDependencies(session);
  const sources = {
    relations,
    sequences,
    comments,
    keysApart,
    ...(keysApart ? { apart: callingChecks(relations, dependencies) } : {}),
  };
  const items = [
    ...(await schemaItems(session, comments)),
    ...(await collationItems(session, version, comments)),
    ...(await textSearchItems(session, comments)),
    ...(await typeItems(session, version, sources)),
    ...sequenceItems(sequences, comments),
    ...(await routineItems(session, comments)),
    ...tableItems(sources),
    ...constraintItems(sources),
    ...viewItems(sources),
    ...(await actionItems(session, comments)),
  ];
  return { items: inOrder(items, dependencies), relations, dependencies, comments, sequences };
}

/** Checks that call functions of users, which may read what is not there yet while rows come. */
function callingChecks({ constraints }: Relations, dependencies: readonly Dependency[]): ReadonlySet<string> {
  const calling = new Set(
    dependencies.filter(({ on }) => /^pg_(proc|operator):/.test(on)).map(({ object }) => object),
  );
  const all = [...constraints.values()].flat();
  return new Set(
    all.filter(({ kind, oid }) => kind === "c" && calling.has(`pg_constraint:${oid}`)).map(({ oid }) => oid),
  );
}
