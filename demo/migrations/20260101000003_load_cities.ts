import type { MigrationDatabase } from "../../src/index.ts";
import { cities } from "../data.ts";

const batchRows = 1_000;

/** All cities in one transaction: a kill in the middle leaves none of them. */
export async function up(db: MigrationDatabase): Promise<void> {
  for (let from = 0; from < cities.length; from += batchRows) {
    const batch = cities.slice(from, from + batchRows);
    await db.sql`
      INSERT INTO cities (id, name, country, admin_code, feature_code, population, longitude, latitude)
      SELECT * FROM unnest(
        ${batch.map((city) => city.id)}::bigint[], ${batch.map((city) => city.name)}::text[],
        ${batch.map((city) => city.country)}::char(2)[], ${batch.map((city) => city.adminCode)}::text[],
        ${batch.map((city) => city.featureCode)}::text[], ${batch.map((city) => city.population)}::bigint[],
        ${batch.map((city) => city.longitude)}::float8[], ${batch.map((city) => city.latitude)}::float8[])`;
    db.progress(from + batch.length, cities.length, "cities");
  }
}

export async function down(db: MigrationDatabase): Promise<void> {
  await db.execute("DELETE FROM cities");
}
