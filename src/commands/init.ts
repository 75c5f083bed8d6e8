import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parseConnectionUrl } from "../config/connection-url.ts";
import { firstVariable, readEnvironment, urlVariables } from "../config/environment.ts";
import { GodwitError } from "../core/error.ts";
import { checkOptions } from "./check-options.ts";
import type { EngineId } from "../core/target.ts";
import { parseFileName } from "../migrate/index.ts";

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
  /** The variable that the configuration takes the URL from. */
  readonly variable: (typeof urlVariables)[number];
  /** Where that variable is set: the environment, the path of the .env file, or null for nowhere yet. */
  readonly variableFrom: string | null;
  /** How the folder was chosen: given, found with migrations in it or empty, or the default. */
  readonly folderFrom: "given" | "found" | "default";
}

/** Where projects keep migrations, in the order in which they are looked for. */
const usualFolders = [
  "migrations",
  "db/migrations",
  "db/migrate",
  "db/migration",
  "database/migrations",
  "sql/migrations",
  "src/main/resources/db/migration",
  "sql",
];

/** For a new folder: the first that is not there yet. */
const newFolders = ["migrations", "db/migrations", "godwit/migrations"];

const schemaUrl = "https://raw.githubusercontent.com/godwit-db/godwit/main/docs/reference/config.schema.json";

/** Writes godwit.config.yaml and makes the migrations folder. Never overwrites: throws GW1006. */
export async function init(options: InitOptions = {}): Promise<InitReport> {
  checkOptions("init", options);
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
  // As every command will read it later.
  const set = firstVariable(await readEnvironment(env, cwd), urlVariables);
  const target =
    options.url !== undefined
      ? parseConnectionUrl(options.url, cwd)
      : set === undefined || set.value === ""
        ? null
        : parseConnectionUrl(set.value, set.file === null ? cwd : dirname(set.file));
  const engine = target?.engine ?? null;
  const variable = set?.name ?? urlVariables[0];
  const folder = chooseFolder(cwd, options.migrations);
  mkdirSync(resolve(cwd, folder.path), { recursive: true });
  writeFileSync(config, configText(folder.path, variable, engine), { flag: "wx" });
  return {
    config,
    migrations: resolve(cwd, folder.path),
    engine,
    variable,
    variableFrom: set === undefined || set.value === "" ? null : (set.file ?? "environment"),
    folderFrom: folder.from,
  };
}

/**
 * A folder is told by the files in it: `sql` often holds queries, and `db/migrate` another tool's migrations, which
 * would all be errors. Where no usual folder has migrations, one that somebody left empty for them is taken.
 */
function chooseFolder(
  cwd: string,
  given: string | undefined,
): { path: string; from: InitReport["folderFrom"] } {
  if (given !== undefined) return { path: relative(cwd, resolve(cwd, given)) || ".", from: "given" };
  const found =
    usualFolders.find((name) => filesIn(join(cwd, name))?.some((file) => parseFileName(file) !== null)) ??
    usualFolders.find((name) => filesIn(join(cwd, name))?.length === 0);
  if (found !== undefined) return { path: found, from: "found" };
  return { path: newFolders.find((name) => !existsSync(join(cwd, name))) ?? "migrations", from: "default" };
}

/** The names in a folder, but for what keeps it in version control; null where there is no folder that can be read. */
function filesIn(folder: string): string[] | null {
  try {
    return readdirSync(folder).filter((name) => name !== ".gitkeep");
  } catch {
    return null;
  }
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
