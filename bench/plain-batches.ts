import pg from "pg";
import { batches, batchesSchema } from "./batches.ts";

/** The batches without anything around them: what a run of them may cost more is measured against this. */
const client = new pg.Client({ connectionString: process.env["DATABASE_URL"]! });
await client.connect();
for (const sql of [...batchesSchema, ...batches]) await client.query(sql);
await client.end();
