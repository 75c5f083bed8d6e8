import { GodwitError } from "../../core/error.ts";
import { withPlaceholders } from "../../engines/placeholders.ts";
import { failed, type Gate, type GateContext, passed, type Verdict } from "./gate.ts";
import type { StagingDatabase } from "./policy.ts";

/** The same plan, apart from where, ran to its end in another database. */
export const stagingGate: Gate = async (context) => {
  const { policy } = context;
  if (!policy.demands.staging) return null;
  await using staging = await policy.openStaging();
  if (staging === null) return failed("no staging database is configured (`staging`)");
  return await ranIn(staging, context).catch((error: unknown) => {
    if (error instanceof GodwitError) throw error;
    // By itself it would be taken for a failure of the target's session, and a lost one would be opened again.
    return failed(`${staging.display} could not be asked: ${staging.engine.errors.classify(error).message}`);
  });
};

async function ranIn(staging: StagingDatabase, context: GateContext): Promise<Verdict> {
  const { facts } = context;
  const there = await staging.engine.connect.facts(staging.session);
  if (there.identity === facts.identity && there.database === facts.database) {
    return failed(`${staging.display} is the same database as this one`);
  }
  const version = await staging.engine.store.version(staging.session);
  if (version === null || version < 3) return failed(`${staging.display} has no record of plans`);
  const standing = await standingIn(staging);
  const run = await sameContent(context, staging);
  if (run !== null && isApplied(context, (version) => standing.has(version)))
    return passed(`run ${run.id} of ${run.at} did the same in ${staging.display}`);
  if (hasEachMigration(context, standing)) {
    return passed(`each of its migrations was applied in ${staging.display}, with the same SQL`);
  }
  const since = run === null ? "" : `: what run ${run.id} did was rolled back there`;
  return failed(`this plan has not run to its end in ${staging.display}${since}`);
}

/** A run that another one has ended counts as done, too: so each step must be. */
async function sameContent({ contentHash, plan }: GateContext, { engine, session }: StagingDatabase) {
  const ask = (sql: string, value: string) => session.query(withPlaceholders(engine.traits, sql), [value]);
  const runs = await ask(
    `SELECT r.id AS id, r.finished_at AS finished_at FROM ${engine.store.table("plan")} p
       JOIN ${engine.store.table("run")} r ON r.id = p.run_id
      WHERE p.content_hash = ? AND r.state = 'done' ORDER BY r.finished_at DESC LIMIT 20`,
    contentHash,
  );
  for (const { id, finished_at: at } of runs) {
    const rows = await ask(
      `SELECT step_key FROM ${engine.store.table("step")} WHERE run_id = ? AND state = 'done'`,
      String(id),
    );
    const done = new Set(rows.map((row) => String(row.step_key)));
    if (plan.steps.every(({ key }) => done.has(key))) return { id: String(id), at: String(at) };
  }
  return null;
}

/** The versions that are applied there, with the hashes of their SQL. */
async function standingIn({ engine, session }: StagingDatabase): Promise<ReadonlyMap<string, string>> {
  const rows = await session.query(
    `SELECT version, action, sql_hash FROM ${engine.store.table("migration")} ORDER BY seq`,
  );
  const now = new Map<string, string>();
  for (const { version, action, sql_hash: hash } of rows) {
    if (action === "apply" || action === "accept") now.set(String(version), String(hash));
    else if (action === "rollback" || action === "forget") now.delete(String(version));
  }
  return now;
}

/** What a plan applies is there; other plans leave nothing of that kind. */
function isApplied({ plan }: GateContext, isThere: (version: string, sqlHash: string) => boolean): boolean {
  if (plan.kind !== "apply") return true;
  return plan.steps.every(({ history }) =>
    history.every(({ version, sqlHash }) => isThere(version, sqlHash)),
  );
}

/** Staging may have got one by one what comes here all at once. */
function hasEachMigration(context: GateContext, standing: ReadonlyMap<string, string>): boolean {
  const { kind, steps } = context.plan;
  if (kind !== "apply" || steps.every(({ history }) => history.length === 0)) return false;
  return isApplied(context, (version, sqlHash) => standing.get(version) === sqlHash);
}
