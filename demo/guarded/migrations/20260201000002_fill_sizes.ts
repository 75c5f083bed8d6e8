import type { MigrationDatabase } from "../../../src/index.ts";

/** Each batch commits by itself, so that nobody waits long for a row. */
export const transaction = false;

const batchRows = 500;

export async function up(db: MigrationDatabase): Promise<void> {
  const firsts = await db.sql`
    SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM cities) numbered
     WHERE (n - 1) % ${batchRows} = 0 ORDER BY id`;
  for (const [index, { id }] of firsts.entries()) {
    const next = firsts[index + 1]?.id ?? null;
    await db.sql`
      UPDATE cities SET size = CASE WHEN population >= 1000000 THEN 'large' WHEN population >= 100000 THEN 'middle' ELSE 'small' END
       WHERE id >= ${id as string} AND (${next as string | null}::bigint IS NULL OR id < ${next as string | null}::bigint)`;
    db.progress(index + 1, firsts.length, "batches");
  }
}

export async function down(db: MigrationDatabase): Promise<void> {
  await db.execute("UPDATE cities SET size = NULL");
}
