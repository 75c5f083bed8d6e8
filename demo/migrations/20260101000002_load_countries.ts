import type { MigrationDatabase } from "../../src/index.ts";
import { countries } from "../data.ts";

export async function up(db: MigrationDatabase): Promise<void> {
  for (const { code, name, region, area } of countries) {
    await db.sql`INSERT INTO countries (code, name, region, area) VALUES (${code}, ${name}, ${region}, ${area})`;
  }
}

export async function down(db: MigrationDatabase): Promise<void> {
  await db.execute("DELETE FROM countries");
}
