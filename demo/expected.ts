import { createHash } from "node:crypto";
import type pg from "pg";
import { cities, countries } from "./data.ts";

export interface Comparison {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
}

/**
 * Counts and digests taken by plain SQL, beside what the npm packages say. Nothing of Godwit is used on either
 * side. A digest is the MD5 of the rows as text, one a line, in key order.
 */
export async function compare(client: pg.Client): Promise<Comparison[]> {
  const value = async (sql: string) => String(Object.values((await client.query(sql)).rows[0] as object)[0]);
  const perCountry = new Map<string, number>();
  for (const { country } of cities) perCountry.set(country, (perCountry.get(country) ?? 0) + 1);
  const byId = [...cities].sort((a, b) => a.id - b.id);
  const byCode = [...countries].sort((a, b) => (a.code < b.code ? -1 : 1));
  return [
    {
      what: "countries",
      expected: String(countries.length),
      found: await value("SELECT count(*) FROM countries"),
    },
    { what: "cities", expected: String(cities.length), found: await value("SELECT count(*) FROM cities") },
    {
      what: "cities, ids that occur once",
      expected: String(cities.length),
      found: await value(
        "SELECT count(*) FROM (SELECT name, id FROM cities GROUP BY name, id HAVING count(*) = 1) one",
      ),
    },
    {
      what: "people",
      expected: String(cities.reduce((sum, { population }) => sum + population, 0)),
      found: await value("SELECT sum(population) FROM cities"),
    },
    {
      what: "digest of countries",
      expected: md5(byCode.map(({ code, name, region }) => [code, name, region, perCountry.get(code) ?? 0])),
      found: await value(
        `SELECT md5(string_agg(concat_ws('|', code, name, region, city_count), E'\\n' ORDER BY code)) FROM countries`,
      ),
    },
    {
      what: "digest of cities",
      expected: md5(
        byId.map((city) => [
          city.id,
          city.name,
          city.country,
          city.adminCode,
          city.featureCode,
          city.population,
          city.longitude,
          city.latitude,
        ]),
      ),
      found: await value(
        `SELECT md5(string_agg(concat_ws('|', id, name, country, admin_code, feature_code, population, longitude, latitude),
                E'\\n' ORDER BY id)) FROM cities`,
      ),
    },
    {
      what: "valid indexes of cities",
      expected: "3",
      found: await value("SELECT count(*) FROM pg_index WHERE indrelid = 'cities'::regclass AND indisvalid"),
    },
    {
      what: "invalid indexes",
      expected: "0",
      found: await value("SELECT count(*) FROM pg_index WHERE NOT indisvalid"),
    },
  ];
}

function md5(rows: readonly (readonly unknown[])[]): string {
  return createHash("md5")
    .update(rows.map((row) => row.join("|")).join("\n"))
    .digest("hex");
}
