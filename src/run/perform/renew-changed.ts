import type { CopyRowsStep, CopyTable } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";
import type { Session } from "../../engines/engine.ts";
import { qualifiedTable } from "../../engines/qualified-table.ts";
import type { ChunkLedger, ChunkRecord } from "../chunk-ledger.ts";
import { compareTable } from "../compare/compare-table.ts";
import type { Readers } from "../crew.ts";
import type { StepContext } from "./context.ts";
import { sourceFailure, type SourceSide } from "./source-side.ts";

export interface RenewOptions {
  readonly context: StepContext;
  readonly source: SourceSide;
  readonly step: CopyRowsStep;
  readonly chunks: ChunkLedger;
  readonly readers: Readers;
}

/**
 * What the ledger has of each table, for an attempt that goes on where another one ended. A snapshot dies with its
 * sessions, so chunks of before can be mixed with new ones only if the source did not change since. Where it may
 * have, a table that was copied whole stays if its digest says that it is as the source is now; any other that was
 * begun is emptied, and copied anew. So the target ends as one state of the source in any case.
 */
export async function renewChanged(options: RenewOptions): Promise<Map<string, readonly ChunkRecord[]>> {
  const { context, source, step, chunks, readers } = options;
  const [reader] = readers.sessions as readonly [Session];
  const known = Map.groupBy(await chunks.read(context.session), ({ table }) => table);
  const tokens = new Set([...known.values()].flat().map(({ snapshot }) => snapshot));
  tokens.delete(readers.snapshot.token);
  let isUnchanged = true;
  for (const token of tokens) {
    isUnchanged &&= await source.snapshot.unchangedSince(reader, token).catch((error: unknown) => {
      throw sourceFailure(source, error);
    });
  }
  if (isUnchanged) return known;
  const kept: string[] = [];
  const renewed: string[] = [];
  for (const table of step.tables) {
    const name = tableKey(table.target);
    const records = known.get(name) ?? [];
    if (records.length === 0) continue;
    const isWhole = records.every(({ state }) => state === "done");
    if (isWhole && (await isSame(options, reader, table))) {
      kept.push(name);
      continue;
    }
    if (records.some(({ state }) => state === "done")) renewed.push(name);
    await empty(options, table, name);
    known.delete(name);
  }
  if (renewed.length > 0 || kept.length > 0) {
    context.emit({ type: "snapshot:renewed", tables: renewed, kept });
  }
  return known;
}

async function isSame(
  { context, source }: RenewOptions,
  reader: Session,
  table: CopyTable,
): Promise<boolean> {
  const { engine, session, signal } = context;
  const found = await compareTable({
    source: { engine: source.engine, session: reader },
    target: { engine, session },
    table,
    ulps: 0,
    listed: 1,
    signal,
  });
  return found.differences === 0;
}

/** In one transaction: the table without rows, the ledger without its chunks. Rows that were there before the copy stay. */
async function empty({ context, chunks }: RenewOptions, table: CopyTable, name: string): Promise<void> {
  const { engine, session } = context;
  await session.begin();
  try {
    // An upsert replaces what it finds, so its rows need not go. TRUNCATE would commit by itself on some engines.
    if (table.upsertBy === null)
      await session.execute(`DELETE FROM ${qualifiedTable(engine.traits, table.target)}`);
    await chunks.plan(session, name, [], "");
  } catch (error) {
    await session.rollback().catch(() => {});
    throw error;
  }
  await session.commit();
}
