import { canonicalVersion } from "./version.ts";

/** What a file's name says. `stem` is the name without its ending: two files of one migration share it. */
export interface FileName {
  readonly form: "timestamp" | "flyway";
  readonly role: "up" | "down" | "script" | "repeatable";
  /** Canonical version; "R__slug" for repeatables. */
  readonly version: string;
  readonly stem: string;
  readonly slug: string;
}

const timestamped = /^(?<version>[0-9]{8,14})_(?<slug>[a-zA-Z0-9_]+)\.(?<ending>up\.sql|down\.sql|ts)$/;
const flyway = /^(?<prefix>[VU])(?<version>[0-9]+(?:[._][0-9]+)*)__(?<slug>[a-zA-Z0-9_]+)\.(?<ending>sql)$/;
const repeatable = /^R__(?<slug>[a-zA-Z0-9_]+)\.sql$/;

/** What the ledger's narrowest column for a version holds; one that was cut off would be another version. */
const longestVersion = 200;

/** Reads a migration's file name; null when it is none (requirement V1: the caller names it in an error). */
export function parseFileName(name: string): FileName | null {
  const parsed = parse(name);
  return parsed === null || parsed.version.length > longestVersion ? null : parsed;
}

function parse(name: string): FileName | null {
  const stamp = timestamped.exec(name)?.groups;
  if (stamp !== undefined) {
    const { version = "", slug = "", ending } = stamp;
    const role = ending === "up.sql" ? "up" : ending === "down.sql" ? "down" : "script";
    return { form: "timestamp", role, version: canonicalVersion(version), stem: `${version}_${slug}`, slug };
  }
  const numbered = flyway.exec(name)?.groups;
  if (numbered !== undefined) {
    const { prefix, version = "", slug = "" } = numbered;
    const role = prefix === "U" ? "down" : "up";
    return { form: "flyway", role, version: canonicalVersion(version), stem: `V${version}__${slug}`, slug };
  }
  const slug = repeatable.exec(name)?.groups?.slug;
  if (slug === undefined) return null;
  return { form: "flyway", role: "repeatable", version: `R__${slug}`, stem: `R__${slug}`, slug };
}
