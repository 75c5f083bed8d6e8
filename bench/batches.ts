import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copiedRows, copiedTable } from "./copy-data.ts";

/** So many rows commit at once. */
const batchRows = 10_000;

/** Where the batches go: a key and two other indexes, as the table that is copied has. */
export const batchesSchema: readonly string[] = [
  `CREATE TABLE ${copiedTable} (id bigint PRIMARY KEY, customer int NOT NULL, amount numeric(12,2) NOT NULL, note text NOT NULL)`,
  `CREATE INDEX ${copiedTable}_customer ON ${copiedTable} (customer)`,
  `CREATE INDEX ${copiedTable}_amount ON ${copiedTable} (amount)`,
];

/** One statement a batch. */
export const batches: readonly string[] = Array.from(
  { length: copiedRows / batchRows },
  (_, n) =>
    `INSERT INTO ${copiedTable} SELECT i, i % 50000, i % 977 + 0.25, repeat(md5(i::text), 4) FROM generate_series(${n * batchRows + 1}, ${(n + 1) * batchRows}) i`,
);

/** The same as migrations, the batches by a script whose statements commit one by one. */
export function writeBatches(parent: string): string {
  const folder = join(parent, "batches");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "20260101000001_schema.up.sql"), `${batchesSchema.join(";\n")};\n`);
  writeFileSync(
    join(folder, "20260101000002_batches.ts"),
    `export const transaction = false;\nexport async function up(db) {\n  for (const sql of ${JSON.stringify(batches)}) await db.execute(sql);\n}\n`,
  );
  return folder;
}
