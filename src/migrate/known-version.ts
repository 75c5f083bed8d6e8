import { GodwitError } from "../core/error.ts";
import { compareMigrations, type Migration } from "./folder.ts";
import { canonicalVersion, compareVersions, isVersion } from "./version.ts";

type Known = Pick<Migration, "version" | "kind">;

/** The canonical form of a version that a user named. Throws GW2013 naming those before and after it. */
export function knownVersion(
  migrations: readonly Known[],
  named: string,
  hint?: (nearest: readonly string[]) => string,
): string {
  const version = isVersion(named) ? canonicalVersion(named) : named;
  const found = migrations.find((migration) => migration.version === version);
  if (found?.kind === "versioned") return version;
  const nearest = isVersion(named) ? neighbours(migrations, version) : [];
  const near = nearest.length === 0 ? "" : `; nearest to it: ${nearest.join(" and ")}`;
  throw new GodwitError("GW2013", {
    message:
      found === undefined
        ? `there is no migration with the version ${named}${near}`
        : `${named} is a repeatable migration, which has no place in the order of versions`,
    ...(hint === undefined ? {} : { hint: hint(nearest) }),
    details: { version: named, nearest },
  });
}

/** The last version before, and the first one after. */
function neighbours(migrations: readonly Known[], version: string): string[] {
  const versions = migrations
    .filter(({ kind }) => kind === "versioned")
    .sort(compareMigrations)
    .map((migration) => migration.version);
  const before = versions.findLast((candidate) => compareVersions(candidate, version) < 0);
  const after = versions.find((candidate) => compareVersions(candidate, version) > 0);
  return [before, after].filter((candidate) => candidate !== undefined);
}
