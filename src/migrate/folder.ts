import { readdirSync } from "node:fs";
import { join } from "node:path";
import { GodwitError } from "../core/error.ts";
import { type FileName, parseFileName } from "./file-name.ts";
import { compareVersions } from "./version.ts";

/** One migration of the folder: paths only; texts are read when they are needed. */
export interface Migration {
  readonly version: string;
  /** The file's name without its ending, e.g. "20260131093000_add_users". */
  readonly name: string;
  readonly kind: "versioned" | "repeatable";
  readonly form: FileName["form"];
  /** An SQL file, or a TypeScript module with `up` and perhaps `down`. */
  readonly up: string;
  readonly script: boolean;
  /** The SQL file that undoes it; null where there is none (a script is asked for its `down` when it is loaded). */
  readonly down: string | null;
}

/**
 * Names that are no migrations and mean nothing: one keeps an empty folder in version control, the others are how
 * Kubernetes lays out a mounted ConfigMap.
 */
const permitted = /^(\.gitkeep|\.\.data|\.\.\d{4}_\d{2}_\d{2}_[\d_.]+)$/;

/**
 * Reads the folder: versioned migrations in the order of their versions, then the repeatable ones by name.
 * Throws GW1006, GW2001 naming every entry that is no migration, GW2002.
 */
export function readFolder(folder: string): Migration[] {
  const files = list(folder);
  const strange: string[] = [];
  const byVersion = new Map<string, NamedFile[]>();
  for (const name of files) {
    const parsed = parseFileName(name);
    if (parsed === null) {
      strange.push(name);
      continue;
    }
    const group = byVersion.get(parsed.version);
    if (group === undefined) byVersion.set(parsed.version, [{ name, parsed }]);
    else group.push({ name, parsed });
  }
  if (strange.length > 0) {
    throw new GodwitError("GW2001", {
      message: `${folder} holds what is no migration: ${strange.map((name) => JSON.stringify(name)).join(", ")}`,
      details: { folder, files: strange },
    });
  }
  refuseCaseTwins(folder, files);
  // Joined once: to do it for each of a thousand files takes longer than to list them.
  const prefix = join(folder, "-").slice(0, -1);
  return [...byVersion.entries()]
    .map(([version, group]) => assemble({ folder, prefix }, version, group))
    .sort(compareMigrations);
}

/** Versioned ones by version, then the repeatable ones by name. */
export function compareMigrations(
  a: Pick<Migration, "kind" | "version">,
  b: Pick<Migration, "kind" | "version">,
): number {
  if (a.kind !== b.kind) return a.kind === "versioned" ? -1 : 1;
  if (a.kind === "versioned") return compareVersions(a.version, b.version);
  return a.version < b.version ? -1 : a.version > b.version ? 1 : 0;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !permitted.test(name))
      .sort();
  } catch (error) {
    throw new GodwitError("GW1006", {
      message: `the migrations folder cannot be read: ${(error as Error).message}`,
      details: { folder },
      cause: error,
    });
  }
}

function refuseCaseTwins(folder: string, files: readonly string[]): void {
  const seen = new Map<string, string>();
  for (const name of files) {
    const folded = name.toLowerCase();
    const twin = seen.get(folded);
    if (twin !== undefined) throw duplicate(folder, [twin, name], "names that differ only in case");
    seen.set(folded, name);
  }
}

interface NamedFile {
  readonly name: string;
  readonly parsed: FileName;
}

/** `prefix` is the folder's path with the separator at its end. */
function assemble(
  { folder, prefix }: { readonly folder: string; readonly prefix: string },
  version: string,
  group: readonly NamedFile[],
): Migration {
  const ups = group.filter(({ parsed }) => parsed.role !== "down");
  const downs = group.filter(({ parsed }) => parsed.role === "down");
  const [up, secondUp] = ups;
  const [down, secondDown] = downs;
  if (secondUp !== undefined || secondDown !== undefined) {
    throw duplicate(
      folder,
      group.map(({ name }) => name),
      `the version ${version}`,
    );
  }
  if (up === undefined) {
    throw new GodwitError("GW2001", {
      message: `${join(folder, down?.name ?? "")} undoes a migration that is not there`,
      hint: "Add the file that it undoes, or delete it.",
      details: { folder, files: [down?.name] },
    });
  }
  // Flyway pairs V and U by version; timestamped pairs share their whole stem.
  const strayDown =
    down !== undefined && up.parsed.form === "timestamp" && down.parsed.stem !== up.parsed.stem;
  if (strayDown || (down !== undefined && up.parsed.role === "script")) {
    throw duplicate(folder, [up.name, down.name], `the version ${version}`);
  }
  return {
    version,
    name: up.parsed.stem,
    kind: up.parsed.role === "repeatable" ? "repeatable" : "versioned",
    form: up.parsed.form,
    up: prefix + up.name,
    script: up.parsed.role === "script",
    down: down === undefined ? null : prefix + down.name,
  };
}

function duplicate(folder: string, names: readonly string[], what: string): GodwitError {
  return new GodwitError("GW2002", {
    message: `${names.join(" and ")} have ${what}`,
    details: { folder, files: names },
  });
}
