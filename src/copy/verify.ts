import { GodwitError } from "../core/error.ts";
import { tableKey } from "../core/table-key.ts";
import type { Expression } from "../core/expression.ts";
import type { Remnant, Session } from "../engines/engine.ts";
import type { PortableSchema } from "../core/portable.ts";
import { acceptedLosses } from "./accepted-losses.ts";
import { leftBehind } from "./left-behind.ts";
import { refuseInterruptedComparison } from "../run/compare/interrupted.ts";
import { type OrphanRows, orphanRows } from "../run/compare/orphan-rows.ts";
import { haltBusy } from "../run/halt.ts";
import { type AnswersWatch, watchAnswers } from "../run/perform/watch-moves.ts";
import type { Side } from "../run/crew.ts";
import { referencesOf } from "./references-of.ts";
import { compareTable, type TableComparison } from "../run/compare/compare-table.ts";
import { parseExpression } from "../sql/expression/parse.ts";
import { type PairedTable, pairTables } from "./pair-tables.ts";
import { type CopyProject, jobsOf } from "./project.ts";
import { repairSql } from "./repair-sql.ts";
import { ruledTables } from "./ruled-tables.ts";
import type { RuleWarning } from "./rules/model.ts";
import { selectTables } from "./select-tables.ts";
import { refuseHidden } from "./refuse-hidden.ts";
import { severalAtOnce } from "../run/several-at-once.ts";
import { type SessionPair, sideFailure, withPairs, withSession } from "./with-session.ts";

export interface VerifyChoice {
  readonly tables?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
  /** Only these columns, by the source's names. */
  readonly columns?: readonly string[] | undefined;
  /** A condition on the source's columns, as the source's engine writes it. */
  readonly where?: string | undefined;
  /** A part of the tables, by chance: more than 0, at most 1. */
  readonly sample?: number | undefined;
  /** Floats so many representable numbers apart count as equal; default 1. */
  readonly ulps?: number | undefined;
  /** Losses that the copy was allowed, by their names: such values are compared as they were copied. */
  readonly allow?: readonly string[] | undefined;
  /** Rows that are listed of each table; default 100. */
  readonly listed?: number | undefined;
  /** How many tables are compared at once, each by a session of both sides; default 2. */
  readonly jobs?: number | undefined;
}

export interface VerifiedTable {
  readonly source: string;
  readonly target: string;
  readonly rows: { readonly source: string; readonly target: string };
  readonly differences: number;
  /** Rows of which only floats differ, within the tolerance. */
  readonly withinTolerance: number;
  readonly listed: readonly (TableComparison["listed"][number] & { readonly repair: string | null })[];
  readonly problems: readonly string[];
  /** Columns that a rule makes by chance, or by the clock: they are not compared. */
  readonly leftOut: readonly string[];
  readonly durationMs: number;
}

export interface VerifyReport {
  readonly equal: boolean;
  readonly source: string;
  readonly target: string;
  readonly tables: readonly VerifiedTable[];
  readonly missing: readonly string[];
  /** Of the mapping rules: what means nothing here, or hardly what was meant. */
  readonly warnings: readonly RuleWarning[];
  /** Rows of the target that refer to nothing. */
  readonly orphans: readonly OrphanRows[];
  /** What interrupted jobs have left in the target; it makes no difference of rows. */
  readonly leftovers: readonly Remnant[];
  /** Sides that were not read as one state: a difference there may be what was written meanwhile. */
  readonly weaknesses: readonly { readonly side: "source" | "target"; readonly weakness: string }[];
  readonly durationMs: number;
}

/** Holds two databases against each other, each in one snapshot. Reads only. */
export async function verifyDatabases(project: CopyProject, choice: VerifyChoice): Promise<VerifyReport> {
  const { source } = project;
  const where = choice.where === undefined ? null : parseExpression(choice.where, source.engine.id);
  if (choice.where !== undefined && where === null) {
    throw new GodwitError("GW1001", {
      message: `the condition ${JSON.stringify(choice.where)} holds what cannot be said to both servers`,
    });
  }
  const lost = new AbortController();
  const watch = watchAnswers(project.settings, (side, forMs) => lost.abort(silence(side, forMs)));
  try {
    return await withSession(project, "source", (reader) =>
      withSession(project, "target", (other) =>
        compareDatabases(project, choice, { reader, other, where, watch, lost: lost.signal }),
      ),
    );
  } catch (error) {
    // Who waited for the other side, or was told to stop, has failed as well.
    throw lost.signal.aborted && project.signal?.aborted !== true ? lost.signal.reason : error;
  } finally {
    watch.stop();
  }
}

function silence({ target: { display } }: Side, forMs: number): GodwitError {
  const seconds = Math.round(forMs / 1_000);
  return new GodwitError("GW3005", {
    message: `${display}: nothing came over a connection for ${seconds} s, while its server waited for this program; the connection was closed`,
    hint: "Nothing was changed. Look at what is between here and the server (a firewall, a proxy); then run the same command again.",
  });
}

interface Comparison extends SessionPair {
  readonly where: Expression | null;
  readonly watch: Pick<AnswersWatch, "add">;
  /** Aborted when a connection carries nothing any more. */
  readonly lost: AbortSignal;
}

async function compareDatabases(
  project: CopyProject,
  choice: VerifyChoice,
  { reader, other, where, watch, lost }: Comparison,
): Promise<VerifyReport> {
  const start = performance.now();
  const { source, target } = project;
  const signal = project.signal === undefined ? lost : AbortSignal.any([project.signal, lost]);
  const watched = (pair: SessionPair) => {
    watch.add(source, pair.reader);
    watch.add(target, pair.other);
  };
  watched({ reader, other });
  const ofSource = rethrow(sideFailure(project, "source"));
  const [ours, theirs] = [
    await source.engine.normalize.schema(reader).catch(ofSource),
    await target.engine.normalize.schema(other),
  ];
  const { tables, warnings } = ruledTables(project, ours.tables, selectTables(ours.tables, choice));
  const { pairs, missing } = pairTables(
    project,
    tables,
    theirs,
    choice.columns,
    acceptedLosses(ours.tables, choice.allow ?? []),
    await isOneProduct(project, reader, other),
  );
  await refuseHidden(project, "source", reader, {
    there: pairs.map(({ table }) => table.source),
  }).catch(ofSource);
  await refuseHidden(project, "target", other, { there: pairs.map(({ table }) => table.target) });
  const more = Math.min(jobsOf(project, choice), pairs.length) - 1;
  const { compared, weaknesses } = await withPairs(project, more, async (others) => {
    others.forEach(watched);
    const sessions = [{ reader, other }, ...others];
    const snapshots = {
      source: await source.engine.snapshot.align(sessions.map((pair) => pair.reader)).catch(ofSource),
      target: await target.engine.snapshot?.align(sessions.map((pair) => pair.other)),
    };
    const compared = await severalAtOnce(pairs, sessions, {
      signal,
      work: (pair, own, stop) =>
        stoppedBy(stop, own, () =>
          verifyTable(project, choice, { pair, where, sessions: own, signal: stop }),
        ),
    });
    const weaknesses = (["source", "target"] as const).flatMap((side) => {
      const weakness = snapshots[side]?.weakness ?? null;
      return weakness === null ? [] : [{ side, weakness }];
    });
    return { compared, weaknesses };
  });
  const paired = new Set(pairs.map(({ table }) => tableKey(table.target)));
  const orphans = await orphanRows(
    target.engine,
    other,
    referencesOf(theirs, (table) => paired.has(tableKey(table))),
    theirs.tables,
  );
  // What is looked for there may be missing, which a transaction does not survive.
  await other.rollback();
  const left = await leftBehind(project, other);
  const alike = await alikeInSource(project, reader, ours, { orphans, left }).catch(ofSource);
  const isEqual = ({ differences, problems }: VerifiedTable) => differences === 0 && problems.length === 0;
  return {
    equal: missing.length === 0 && orphans.every(alike.orphans) && compared.every(isEqual),
    source: source.target.display,
    target: target.target.display,
    tables: compared,
    missing,
    warnings,
    orphans: orphans.filter((each) => !alike.orphans(each)),
    leftovers: left.filter((each) => !alike.leftover(each)),
    weaknesses,
    durationMs: Math.round(performance.now() - start),
  };
}

/** What the servers are asked is cancelled when `stop` comes: an answer may take hours. */
async function stoppedBy<T>(stop: AbortSignal, pair: SessionPair, work: () => Promise<T>): Promise<T> {
  let busy: readonly Session[] = [pair.reader, pair.other];
  const halt = () => void haltBusy(() => busy);
  stop.addEventListener("abort", halt, { once: true });
  try {
    return await work();
  } catch (error) {
    refuseInterruptedComparison(stop);
    throw error;
  } finally {
    busy = [];
    stop.removeEventListener("abort", halt);
  }
}

interface TableVerification {
  readonly pair: PairedTable;
  readonly where: Expression | null;
  readonly sessions: SessionPair;
  readonly signal: AbortSignal;
}

async function verifyTable(
  project: CopyProject,
  choice: VerifyChoice,
  { pair, where, sessions: { reader, other }, signal }: TableVerification,
): Promise<VerifiedTable> {
  const { source, target, emit } = project;
  const { table, problems, leftOut } = pair;
  const began = performance.now();
  const found = await compareTable({
    source: { engine: source.engine, session: reader, failure: sideFailure(project, "source") },
    target: { engine: target.engine, session: other, failure: sideFailure(project, "target") },
    table,
    where,
    sample: choice.sample,
    ulps: choice.ulps ?? 1,
    listed: choice.listed ?? 100,
    signal,
  });
  const durationMs = Math.round(performance.now() - began);
  const { rows, differences, withinTolerance } = found;
  const name = tableKey(table.target);
  emit({
    type: "table:compared",
    key: "verify",
    table: name,
    rows: Number(rows.target),
    differences,
    by: "digests",
    durationMs,
  });
  return {
    source: tableKey(table.source),
    target: name,
    rows: { source: String(rows.source), target: String(rows.target) },
    differences,
    withinTolerance,
    listed: found.listed.map((row) =>
      Object.assign({ repair: repairSql(source.engine, target.engine, pair, row) }, row),
    ),
    problems,
    leftOut,
    durationMs,
  };
}

/** What a source says must not be taken for the target's word. */
function rethrow(told: (error: unknown) => unknown): (error: unknown) => never {
  return (error) => {
    throw told(error);
  };
}

async function isOneProduct(
  { source, target }: CopyProject,
  reader: Session,
  other: Session,
): Promise<boolean> {
  if (source.engine.id !== target.engine.id) return false;
  const [from, to] = [await source.engine.connect.facts(reader), await target.engine.connect.facts(other)];
  return from.product === to.product;
}

/** What the source has as well, in an engine of the same kind, was not left behind by anybody: the copy is like it. */
async function alikeInSource(
  { source, target }: CopyProject,
  reader: Session,
  schema: PortableSchema,
  { orphans, left }: { readonly orphans: readonly OrphanRows[]; readonly left: readonly Remnant[] },
) {
  if (source.engine.id !== target.engine.id) return { orphans: () => false, leftover: () => false };
  const named = new Set(orphans.map(({ table, foreignKey }) => `${table} ${foreignKey}`));
  const own = await orphanRows(
    source.engine,
    reader,
    referencesOf(schema, () => true).filter(({ table, key }) => named.has(`${tableKey(table)} ${key.name}`)),
    schema.tables,
  );
  const words = (one: OrphanRows) => `${one.table} ${one.foreignKey} ${one.rows}`;
  const known = new Set(own.map(words));
  // Only constraints are copied as they are; anything else of that name is another thing.
  const isConstraint = ({ what }: Remnant) => what.startsWith("constraint ");
  const remnants = left.some(isConstraint) ? await source.engine.health.remnants(reader) : [];
  return {
    orphans: (one: OrphanRows) => known.has(words(one)),
    leftover: (one: Remnant) =>
      isConstraint(one) && remnants.some(({ what, name }) => what === one.what && name === one.name),
  };
}
