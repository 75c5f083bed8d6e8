import assert from "node:assert/strict";
import { type CliOptions, type CliResult, godwit } from "../support/cli.ts";
import { makeProject, type Project } from "../support/project.ts";

export interface SqliteProject extends Project {
  /** Runs `godwit ARGS` in the project, on its database app.db. */
  run(args: readonly string[], env?: CliOptions["env"]): Promise<CliResult>;
}

/** A project with migrations, by their file names, and a database file of its own. */
export async function sqliteProject(migrations: Readonly<Record<string, string>>): Promise<SqliteProject> {
  const files = Object.entries(migrations).map(([name, text]) => [`migrations/${name}`, text]);
  const project = await makeProject(Object.fromEntries(files));
  return {
    ...project,
    run: (args, env) => godwit(args, { cwd: project.folder, env: { GODWIT_URL: "sqlite:app.db", ...env } }),
  };
}

/** Each line of an output as the JSON document it must be. */
export function documents(output: string): Record<string, unknown>[] {
  assert.ok(output.endsWith("\n"), `no line: ${output}`);
  return output
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export function assertQuiet(stderr: string): void {
  assert.equal(stderr, "");
}

/** A statement that keeps SQLite at work for some tenths of a second, and leaves a table. */
export function slowTable(name: string): string {
  return `CREATE TABLE ${name} AS WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 700000) SELECT n FROM c;`;
}
