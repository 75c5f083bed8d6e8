import { createMigration } from "../migrate/index.ts";
import { checkOptions } from "./check-options.ts";
import { openConfig, type ProjectOptions } from "./options.ts";

export interface CreateOptions extends ProjectOptions {
  readonly name: string;
  /** A TypeScript migration instead of a pair of SQL files. */
  readonly script?: boolean | undefined;
  readonly repeatable?: boolean | undefined;
}

/** Makes the files of a new migration and returns their paths. Needs no database, so none has to be given. */
export async function create(options: CreateOptions): Promise<readonly string[]> {
  checkOptions("create", options);
  const { migrations } = await openConfig(options, ["migrations"]);
  const { name, script, repeatable } = options;
  return createMigration(migrations, { name, script, repeatable, now: new Date() });
}
