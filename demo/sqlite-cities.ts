import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { cities, countries } from "./data.ts";

export interface SqliteCities extends Disposable {
  readonly url: string;
}

/** The same data in a SQLite file, as an application would have made it: typed by name only. */
export function makeSqliteCities(): SqliteCities {
  const folder = mkdtempSync(join(tmpdir(), "godwit-demo-"));
  const path = join(folder, "cities.db");
  const database = new DatabaseSync(path);
  database.exec(`
    CREATE TABLE countries (code CHAR(2) PRIMARY KEY NOT NULL, name VARCHAR(100) NOT NULL, region TEXT NOT NULL,
      area DOUBLE NOT NULL, city_count INTEGER NOT NULL);
    CREATE TABLE cities (id INTEGER PRIMARY KEY, name TEXT NOT NULL, country CHAR(2) NOT NULL REFERENCES countries (code),
      admin_code TEXT NOT NULL, feature_code TEXT NOT NULL, population BIGINT NOT NULL CHECK (population >= 0),
      longitude DOUBLE NOT NULL, latitude DOUBLE NOT NULL);
    CREATE INDEX cities_by_country ON cities (country, population DESC);
    BEGIN`);
  const perCountry = new Map<string, number>();
  for (const { country } of cities) perCountry.set(country, (perCountry.get(country) ?? 0) + 1);
  const country = database.prepare("INSERT INTO countries VALUES (?, ?, ?, ?, ?)");
  for (const { code, name, region, area } of countries) {
    country.run(code, name, region, area, perCountry.get(code) ?? 0);
  }
  const city = database.prepare("INSERT INTO cities VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  for (const { id, name, country: of, adminCode, featureCode, population, longitude, latitude } of cities) {
    city.run(id, name, of, adminCode, featureCode, population, longitude, latitude);
  }
  database.exec("COMMIT");
  database.close();
  return { url: `sqlite:${path}`, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}
