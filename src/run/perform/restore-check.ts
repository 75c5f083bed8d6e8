import { GodwitError } from "../../core/error.ts";
import type { RestoreCheckStep } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";
import { archivedRows } from "../archive/archived-rows.ts";
import { archiveTables } from "../archive/archive-tables.ts";
import type { ArchivedTable, Manifest } from "../archive/manifest.ts";
import { ArchiveReader } from "../archive/read-archive.ts";
import { rangeBytes } from "../compare/read-back.ts";
import type { StepContext } from "./context.ts";
import { readBackSum } from "./read-back.ts";
import { inTransaction } from "./sql.ts";
import { stopped } from "./stopped.ts";

/**
 * Reads all rows of the database back and holds their sums against those that were taken in the snapshot of the backup;
 * then the schema. Throws GW8207 with what differs.
 */
export async function performRestoreCheck(context: StepContext, step: RestoreCheckStep): Promise<void> {
  const { crew, engine, settings } = context;
  await using archive = await ArchiveReader.open(step.file, settings.archiveKey ?? null);
  const manifest = await archive.manifest();
  try {
    await compare(context, step, manifest);
  } finally {
    // A snapshot of its own; and a database of one file cannot be written to while it is read.
    await crew.dismiss();
  }
  const fitting = async (text: string) => (await engine.backup!.fitting(context.session, text)).schema;
  const schema = await fitting(manifest.schema);
  const now = await fitting(await engine.inspect.dump(context.session));
  if (schema !== now) throw differentSchema(step, schema, now);
  await inTransaction(context, step, async () => ({
    tables: manifest.tables.length,
    rows: String(manifest.tables.reduce((sum, { rows }) => sum + BigInt(rows), 0n)),
  }));
}

async function compare(context: StepContext, step: RestoreCheckStep, manifest: Manifest): Promise<void> {
  const { crew, engine, emit, signal } = context;
  const known = new Map(
    step.readBack.flatMap(({ table, parts }) => {
      const sum = readBackSum(context, parts);
      return sum === null ? [] : [[manifest.tables[table]!, sum] as const];
    }),
  );
  const unread = manifest.tables.filter((table) => !known.has(table));
  const { sessions } = await crew.readers({ engine, target: crew.target.target }, step.jobs);
  const stop = new AbortController();
  const halt = () => {
    if (stop.signal.aborted) return;
    stop.abort();
    void crew.halt();
  };
  signal?.addEventListener("abort", halt, { once: true });
  const start = performance.now();
  try {
    const readNow = await crew.working(
      sessions,
      () =>
        archiveTables({
          rows: archivedRows(engine),
          writer: null,
          sessions,
          tables: unread,
          chunkBytes: rangeBytes,
          // How far it came is told by the tables that are done.
          emit: () => {},
          stop: stop.signal,
          stopped,
          pass: (reader) => context.guard.pass(step.key, { sessions: [reader], until: stop.signal }),
        }).catch((error: unknown) => {
          halt();
          throw error;
        }),
      true,
    );
    const found = manifest.tables.map((table): ArchivedTable => {
      const sum = known.get(table);
      if (sum === undefined) return readNow[unread.indexOf(table)]!;
      return { ...table, rows: String(sum.rows), sum: String(sum.sum) };
    });
    const durationMs = Math.round((performance.now() - start) / Math.max(1, found.length));
    const different = manifest.tables.filter((table, place) => !isEqual(table, found[place]!));
    for (const [place, table] of manifest.tables.entries()) {
      emit({
        type: "table:compared",
        key: step.key,
        table: tableKey(table),
        rows: Number(found[place]!.rows),
        differences: different.includes(table) ? 1 : 0,
        by: "read-back",
        durationMs,
      });
    }
    if (different.length > 0) throw differentRows(step, different, found);
  } finally {
    signal?.removeEventListener("abort", halt);
  }
}

function isEqual(a: ArchivedTable, b: ArchivedTable): boolean {
  return a.rows === b.rows && a.sum === b.sum;
}

function differentRows(
  step: RestoreCheckStep,
  different: readonly ArchivedTable[],
  found: readonly ArchivedTable[],
): GodwitError {
  const told = different.map((table) => {
    const now = found.find((each) => tableKey(each) === tableKey(table))!;
    return now.rows === table.rows
      ? `${tableKey(table)} has other rows than the backup's ${table.rows}`
      : `${tableKey(table)} has ${now.rows} rows, and the backup ${table.rows}`;
  });
  return new GodwitError("GW8207", {
    message: told.join("; "),
    details: {
      file: step.file,
      tables: different.map((table) => ({ table: tableKey(table), rows: table.rows, digest: table.sum })),
    },
    outcome: "changed",
  });
}

function differentSchema(step: RestoreCheckStep, expected: string, found: string): GodwitError {
  const [ours, theirs] = [expected.split("\n"), found.split("\n")];
  const at = ours.findIndex((line, n) => line !== theirs[n]);
  const line = at === -1 ? ours.length : at;
  return new GodwitError("GW8207", {
    message: `the schema is not the backup's: line ${line + 1} is ${JSON.stringify(theirs[line] ?? "")}, and was ${JSON.stringify(ours[line] ?? "")}`,
    details: { file: step.file, line: line + 1, expected: ours[line] ?? null, found: theirs[line] ?? null },
    outcome: "changed",
  });
}
