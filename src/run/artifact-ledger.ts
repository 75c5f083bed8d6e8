import { GodwitError } from "../core/error.ts";
import type { ArtifactChange } from "../core/plan.ts";
import type { Engine, ServerFacts, Session } from "../engines/engine.ts";
import { withPlaceholders } from "../engines/placeholders.ts";
import type { Clock } from "./clock.ts";

/** A backup, as the ledger of its database knows it. Only a restore that was compared makes it `verified`. */
export interface Artifact {
  readonly id: string;
  readonly kind: string;
  /** The file's path. */
  readonly name: string;
  readonly state: string;
  /** What its maker has written of it; JSON. */
  readonly body: unknown;
  readonly createdAt: string;
  readonly verifiedAt: string | null;
}

/** Those of a kind, the newest first; none where there is no ledger. */
export async function readArtifacts(
  engine: Engine,
  session: Session,
  kind: string,
): Promise<readonly Artifact[]> {
  if ((await engine.store.version(session)) === null) return [];
  try {
    const rows = await session.query(
      withPlaceholders(
        engine.traits,
        `SELECT id, kind, name, state, body, created_at, verified_at FROM ${engine.store.table("artifact")}
          WHERE kind = ? ORDER BY created_at DESC, id`,
      ),
      [kind],
    );
    return rows.map((row) => ({
      id: String(row.id),
      kind: String(row.kind),
      name: String(row.name),
      state: String(row.state),
      body: JSON.parse(String(row.body)) as unknown,
      createdAt: String(row.created_at),
      verifiedAt: row.verified_at === null ? null : String(row.verified_at),
    }));
  } catch (error) {
    // A ledger of before there were any.
    if (engine.errors.classify(error).kind === "missing-object") return [];
    throw error;
  }
}

/** A database that was restored or cloned has the ledger of another one, and that one's backups in it. */
export function isOfDatabase({ body }: Artifact, facts: Pick<ServerFacts, "database" | "identity">): boolean {
  const { database, server } = body as {
    readonly database?: string;
    readonly server?: { readonly identity?: string };
  };
  const identity = server?.identity ?? "";
  return database === facts.database && (identity === facts.identity || identity === "");
}

/** What a backup should hold and does not; empty where it is whole. */
export function missingOf({ body }: Artifact): readonly string[] {
  return (body as { readonly missing?: readonly string[] }).missing ?? [];
}

export interface ArtifactWrites {
  readonly engine: Engine;
  readonly session: Session;
  readonly clock: Clock;
  readonly runId: string;
}

/** Inside a transaction: makes, or changes, the rows of backups. */
export async function changeArtifacts(
  { engine, session, clock, runId }: ArtifactWrites,
  changes: readonly ArtifactChange[],
): Promise<void> {
  const table = engine.store.table("artifact");
  const sql = (text: string) => withPlaceholders(engine.traits, text);
  for (const { id, kind = "backup", state, body, name } of changes) {
    const now = clock.now();
    if (body !== undefined && name !== undefined) {
      const createdAt = (body as { createdAt?: string }).createdAt ?? now;
      await session.run(
        sql(
          `INSERT INTO ${table} (id, kind, run_id, name, state, body, created_at, verified_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        ),
        [id, kind, runId, name, state, JSON.stringify(body), createdAt, state === "verified" ? now : null],
      );
      continue;
    }
    const changed = await session.run(
      sql(
        `UPDATE ${table} SET state = ?, verified_at = ${state === "verified" ? "?" : "verified_at"} WHERE id = ?`,
      ),
      state === "verified" ? [state, now, id] : [state, id],
    );
    if (changed === 1) continue;
    throw new GodwitError("GW8205", {
      message: `the ledger no longer has the backup ${id}`,
      details: { artifact: id },
    });
  }
}
