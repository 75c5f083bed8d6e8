import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseConnectionUrl } from "../config/connection-url.ts";
import { GodwitError } from "../core/error.ts";
import type { EngineId } from "../core/target.ts";

export interface InitOptions {
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly url?: string | undefined;
  readonly migrations?: string | undefined;
}

export interface InitReport {
  /** Path of the configuration that was written. */
  readonly config: string;
  readonly migrations: string;
  /** Null where no URL tells it. */
  readonly engine: EngineId | null;
  /** How the folder was chosen: given, found with migrations in it, or the default. */
  readonly folderFrom: "given" | "found" | "default";
}

/** Where projects keep migrations, in the order in which they are looked for. */
const usualFolders = [
  "migrations",
  "db/migrations",
  "db/migrate",
  "database/migrations",
  "sql/migrations",
  "sql",
];

const schemaUrl = "https://raw.githubusercontent.com/godwit-db/godwit/main/docs/reference/config.schema.json";

/** Writes godwit.config.yaml and makes the migrations folder. Never overwrites: throws GW1006. */
export async function init(options: InitOptions = {}): Promise<InitReport> {
  const cwd = resolve(options.cwd ?? process.cwd());
  const env = options.env ?? process.env;
  const config = join(cwd, "godwit.config.yaml");
  const existing = readdirSync(cwd).find((name) => name.startsWith("godwit.config."));
  if (existing !== undefined) {
    throw new GodwitError("GW1006", {
      message: `${join(cwd, existing)} is there already`,
      hint: "Edit it, or remove it first.",
    });
  }
  const given = options.url ?? env.GODWIT_URL ?? env.DATABASE_URL;
  const engine = given === undefined || given === "" ? null : parseConnectionUrl(given, cwd).engine;
  const folder = chooseFolder(cwd, options.migrations);
  const variable =
    options.url === undefined && env.GODWIT_URL === undefined && env.DATABASE_URL !== undefined
      ? "DATABASE_URL"
      : "GODWIT_URL";
  mkdirSync(resolve(cwd, folder.path), { recursive: true });
  writeFileSync(config, configText(folder.path, variable, engine), { flag: "wx" });
  return { config, migrations: resolve(cwd, folder.path), engine, folderFrom: folder.from };
}

function chooseFolder(
  cwd: string,
  given: string | undefined,
): { path: string; from: InitReport["folderFrom"] } {
  if (given !== undefined) return { path: relative(cwd, resolve(cwd, given)) || ".", from: "given" };
  const found = usualFolders.find((name) => existsSync(join(cwd, name)));
  return found === undefined ? { path: "migrations", from: "default" } : { path: found, from: "found" };
}

function configText(folder: string, variable: string, engine: EngineId | null): string {
  const examples: Record<EngineId, string> = {
    postgres: "postgresql://user@host:5432/name",
    mysql: "mysql://user@host:3306/name",
    sqlite: "sqlite:path/to/file.db",
  };
  return `# yaml-language-server: $schema=${schemaUrl}

# The database. Keep secrets out of this file: they come from the environment or a .env file,
# e.g. ${variable}=${examples[engine ?? "postgres"]}
url: \${${variable}}

# The folder of the migrations, relative to this file.
migrations: ${JSON.stringify(folder)}

# The schema is written here after each run, so that a review shows what changed; null for nowhere.
schemaFile: schema.sql
`;
}
