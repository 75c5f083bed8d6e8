import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GodwitError } from "../core/error.ts";
import { type Migration, readFolder } from "./folder.ts";

export interface CreateChoice {
  /** Words for the name; what is no letter, digit or underscore becomes an underscore. */
  readonly name: string;
  /** A TypeScript migration instead of a pair of SQL files. */
  readonly script?: boolean | undefined;
  /** A repeatable migration (R__name.sql). */
  readonly repeatable?: boolean | undefined;
  readonly now: Date;
}

/** Makes the files of a new migration, in the form that the folder already uses; returns their paths. */
export function createMigration(folder: string, choice: CreateChoice): string[] {
  const slug = slugOf(choice.name);
  const known = existsSync(folder) ? readFolder(folder) : [];
  const files = filesOf(slug, known, choice);
  mkdirSync(folder, { recursive: true });
  const paths: string[] = [];
  for (const [name, text] of files) {
    const path = join(folder, name);
    try {
      writeFileSync(path, text, { flag: "wx" });
    } catch (error) {
      throw new GodwitError("GW2002", {
        message: `${path} cannot be made: ${(error as Error).message}`,
        cause: error,
      });
    }
    paths.push(path);
  }
  return paths;
}

function slugOf(name: string): string {
  const slug = name
    .normalize("NFKD")
    .replaceAll(/[^a-zA-Z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "")
    .toLowerCase()
    .slice(0, 100);
  if (slug !== "") return slug;
  throw new GodwitError("GW1001", {
    message: `${JSON.stringify(name)} has no letter or digit to name a migration by`,
  });
}

function filesOf(slug: string, known: readonly Migration[], choice: CreateChoice): [string, string][] {
  if (choice.repeatable === true) return [[`R__${slug}.sql`, "-- Runs again whenever it changes.\n"]];
  const versioned = known.filter(({ kind }) => kind === "versioned");
  const newest = versioned.at(-1);
  if (newest?.form === "flyway" && choice.script !== true) {
    const [major = "0"] = newest.version.split(".");
    const next = String(BigInt(major) + 1n);
    return [
      [`V${next}__${slug}.sql`, `-- ${slug}\n`],
      [`U${next}__${slug}.sql`, `-- undoes V${next}__${slug}\n`],
    ];
  }
  const stem = `${timestamp(choice.now, newest)}_${slug}`;
  if (choice.script === true) return [[`${stem}.ts`, scriptTemplate]];
  return [
    [`${stem}.up.sql`, `-- ${slug}\n`],
    [`${stem}.down.sql`, `-- undoes ${stem}\n`],
  ];
}

/** Seconds in UTC; one more than the newest version where this clock is behind it, so that it never sorts before. */
function timestamp(now: Date, newest: Migration | undefined): string {
  const stamp = now.toISOString().replaceAll(/\D/g, "").slice(0, 14);
  const after = newest === undefined ? 0n : BigInt(newest.version.split(".")[0] ?? 0);
  // A version with more digits than a time is some other numbering: a time would sort before it.
  return BigInt(stamp) > after ? stamp : String(after + 1n);
}

const scriptTemplate = `import type { MigrationDatabase } from "godwit";

export async function up(db: MigrationDatabase): Promise<void> {
  await db.execute("SELECT 1");
}

export async function down(db: MigrationDatabase): Promise<void> {
  await db.execute("SELECT 1");
}
`;
