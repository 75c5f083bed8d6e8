import { dirname } from "node:path";
import { GodwitError } from "../../core/error.ts";
import type { BackupStep } from "../../core/plan.ts";
import { tableKey } from "../../core/table-key.ts";
import { version as tool } from "../../core/version.ts";
import type { BackupContents } from "../../engines/backup-role.ts";
import type { Session } from "../../engines/engine.ts";
import { type ArchivedRows, archivedRows } from "../archive/archived-rows.ts";
import { archiveDump } from "../archive/archive-dump.ts";
import { nativeRole } from "../archive/native-role.ts";
import { archiveTables } from "../archive/archive-tables.ts";
import { readLedgerRows } from "../archive/ledger-rows.ts";
import { longChunks } from "../archive/long-rows.ts";
import type { ArchivedTable, Manifest } from "../archive/manifest.ts";
import { ArchiveWriter, type WrittenArchive } from "../archive/write-archive.ts";
import { changeArtifacts } from "../artifact-ledger.ts";
import { crashPoint } from "../crash-point.ts";
import { interrupted } from "../lock.ts";
import type { StepContext } from "./context.ts";
import { inTransaction } from "./sql.ts";
import { stopped } from "./stopped.ts";

/**
 * Writes what one snapshot shows into an archive, which gets its name when all of it is on the disk; then its row in the
 * ledger. Interrupted before that, it leaves no backup: a later run begins anew.
 */
export async function performBackup(context: StepContext, step: BackupStep): Promise<void> {
  const { engine, session, ledger, emit, crew } = context;
  const start = performance.now();
  let made: Made;
  try {
    made = await makeArchive(context, step);
  } catch (error) {
    await crew.dismiss();
    throw error;
  }
  // A reader of a database that has one file would keep the ledger from being written.
  await crew.dismiss();
  crashPoint("backup:named");
  const { manifest, archive } = made;
  const body = bodyOf(step, manifest, archive);
  await inTransaction(context, step, () =>
    changeArtifacts({ engine, session, clock: ledger.clock, runId: ledger.runId }, [
      { id: step.artifact, state: "made", name: step.file, body },
    ]),
  );
  emit({
    type: "backup:made",
    artifact: step.artifact,
    file: step.file,
    bytes: archive.bytes,
    durationMs: Math.round(performance.now() - start),
  });
}

interface Made {
  readonly manifest: Manifest;
  readonly archive: WrittenArchive;
}

async function makeArchive(context: StepContext, step: BackupStep): Promise<Made> {
  const { engine, crew, settings, emit, signal } = context;
  const rows = archivedRows(engine);
  const side = { engine, target: crew.target.target };
  const own = step.form === "native" ? nativeRole(engine) : null;
  // A dump by another program shares its state with one session.
  const { sessions, snapshot } = await crew.readers(side, own === null ? step.jobs : 1);
  emit({ type: "snapshot:taken", position: snapshot.position, weakness: snapshot.weakness });
  const [first] = sessions as readonly [Session];
  const stop = new AbortController();
  const halt = () => {
    if (stop.signal.aborted) return;
    stop.abort();
    void crew.halt();
  };
  signal?.addEventListener("abort", halt, { once: true });
  let writer: ArchiveWriter | null = null;
  try {
    return await crew.working(
      sessions,
      async () => {
        const facts = await engine.connect.facts(first);
        const programs = (await own?.programs(first)) ?? {};
        const dumped =
          (await own?.dump(first, {
            target: crew.target.target,
            signal: stop.signal,
            folder: dirname(step.file),
          })) ?? null;
        const contents = await rows.role.contents(first, step.form);
        await refuseRewritten(context, first, contents.tables);
        const markers = await rows.role.markers(first);
        const kept = await readLedgerRows(engine, first);
        writer = await ArchiveWriter.create(step.file, step.encrypted ? (settings.archiveKey ?? null) : null);
        crashPoint("backup:opened");
        const dump = dumped === null ? [] : await archiveDump(writer, dumped.pieces);
        const tables = await archiveTables({
          rows,
          // The rows of a native form are in its dump: here they are only summed.
          writer: own === null ? writer : null,
          sessions,
          tables: contents.tables,
          chunkBytes: step.chunkBytes,
          emit,
          stop: stop.signal,
          stopped,
          pass: (reader) => context.guard.pass(step.key, { sessions: [reader], until: stop.signal }),
        }).catch((error: unknown) => {
          // Whatever comes after the first failure is its consequence.
          halt();
          throw error;
        });
        await tellLongRows(context, rows, first, tables);
        const parts = own === null ? contents : besideDump(contents);
        const { schema, before, keys, after, finish } = parts;
        const manifest: Manifest = {
          format: 1,
          form: step.form,
          tool,
          createdAt: facts.now,
          engine: engine.id,
          server: { product: facts.product, version: facts.version, identity: facts.identity },
          database: facts.database,
          position: dumped?.position ?? snapshot.position,
          markers,
          weakness: snapshot.weakness,
          notHeld: own?.notHeld ?? contents.notHeld,
          missing: [
            ...(own === null ? contents.missing : []),
            ...(snapshot.weakness === null ? [] : [`one state of all rows: ${snapshot.weakness}`]),
          ],
          schema,
          before,
          keys,
          after,
          finish,
          tables,
          ledger: kept,
          dump,
          programs,
        };
        crashPoint("backup:before-manifest");
        const archive = await writer.finish(manifest);
        return { manifest, archive };
      },
      true,
    );
  } catch (error) {
    const opened = writer as ArchiveWriter | null;
    const left = opened === null ? null : await opened.abandon();
    if (signal?.aborted) throw interrupted({ next: step.key });
    throw left === null ? error : leftBehind(error, left);
  } finally {
    signal?.removeEventListener("abort", halt);
  }
}

/** What this very server would not take back is told when there is still time to raise its setting. */
async function tellLongRows(
  { emit }: StepContext,
  { longestRow }: ArchivedRows,
  session: Session,
  tables: readonly ArchivedTable[],
): Promise<void> {
  if (longestRow === undefined) return;
  const longest = await longestRow(session);
  const long = tables.filter((table) => longChunks(table, longest).length > 0);
  if (long.length === 0) return;
  const most = Math.max(...long.flatMap(({ chunks }) => chunks.map((chunk) => chunk.longestRow ?? 0)));
  emit({
    type: "warning:raised",
    code: "GW8208",
    message: `a restore needs a server that takes rows of ${most} bytes of text, for ${long.map(tableKey).join(", ")}; this one takes ${longest.bytes} (${longest.because})`,
  });
}

/** What of the schema a native dump leaves to us. */
function besideDump(contents: BackupContents): BackupContents {
  const after = contents.after.filter(({ afterNative = false }) => afterNative);
  return { ...contents, before: [], keys: [], after };
}

async function refuseRewritten(
  { engine }: StepContext,
  session: Session,
  tables: readonly { readonly schema: string; readonly name: string }[],
): Promise<void> {
  const found = (await engine.snapshot?.rewritten?.(session, tables)) ?? [];
  if (found.length === 0) return;
  throw new GodwitError("GW8206", {
    message: `${found.map(({ name }) => name).join(", ")} was rewritten while the backup began, so that its snapshot does not show its rows`,
    hint: "Run it again when nobody alters tables.",
    details: { tables: found },
  });
}

function leftBehind(error: unknown, partial: string): unknown {
  if (!(error instanceof GodwitError)) return error;
  return new GodwitError(error.code, {
    message: `${error.message}; ${partial} is left, is no backup, and could not be removed`,
    hint: error.hint,
    details: { ...error.details, partial },
    outcome: error.outcome,
    cause: error.cause,
  });
}

/** What the ledger keeps of a backup: enough to find it, to know it again, and to say what it holds. */
function bodyOf(step: BackupStep, manifest: Manifest, { bytes, sha256 }: WrittenArchive) {
  const { createdAt, server, database, position, markers, weakness, notHeld, missing, programs } = manifest;
  return {
    format: manifest.format,
    form: step.form,
    path: step.file,
    sha256,
    bytes,
    encrypted: step.encrypted,
    createdAt,
    server,
    database,
    position,
    markers,
    weakness,
    notHeld,
    missing,
    programs,
    tool: manifest.tool,
    tables: manifest.tables.map(({ schema, name, rows, sum }) => ({ schema, name, rows, digest: sum })),
  };
}
