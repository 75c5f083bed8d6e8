import { DatabaseSync } from "node:sqlite";
import type { CopyOptions } from "../../../src/commands/copy.ts";
import { copy } from "../../../src/commands/copy.ts";
import { verify, type VerifyOptions } from "../../../src/commands/verify.ts";
import type { VerifyReport } from "../../../src/copy/index.ts";
import { loadEngine } from "../../../src/engines/registry.ts";
import { familyOf } from "./type-column.ts";
import { administer, type TargetName, targets, type TestTarget, withDatabase } from "../servers.ts";

/** Two databases of their own, and what a test does with them. */
export interface Pair {
  readonly source: string;
  readonly target: string;
  /** Statements on the source, by its driver. */
  prepare(statements: readonly string[]): Promise<void>;
  /** Statements on the target, by its driver. */
  change(statements: readonly string[]): Promise<void>;
  copy(options?: Partial<CopyOptions>): Promise<void>;
  verify(options?: Partial<VerifyOptions>): Promise<VerifyReport>;
}

export async function withPair(
  from: TargetName,
  to: TargetName,
  use: (pair: Pair) => Promise<void>,
): Promise<void> {
  await withDatabase(from, (source) =>
    withDatabase(to, async (target) => {
      // The tests' role has the name of the ledger's schema, which "$user" would make the place of new tables.
      for (const [name, url] of [
        [from, source],
        [to, target],
      ] as const) {
        if (name === "postgres")
          await run(name, url, [`ALTER DATABASE ${new URL(url).pathname.slice(1)} SET search_path = public`]);
      }
      // Not so the target: what a copy makes must not depend on what its database has for default.
      if (familyOf(from) === "mysql") await run(from, source, ["ALTER DATABASE CHARACTER SET utf8mb4"]);
      const own = { source, target, env: {} };
      await use({
        source,
        target,
        prepare: (statements) => run(from, source, statements),
        change: (statements) => run(to, target, statements),
        copy: async (options) => {
          await copy({ ...own, ...options });
        },
        verify: (options) => verify({ ...own, ...options }),
      });
    }),
  );
}

/** Statements by the engine's driver, one after another. */
export async function run(name: TargetName, url: string, statements: readonly string[]): Promise<void> {
  if (name === "sqlite") {
    const database = new DatabaseSync(url.slice("sqlite:".length));
    try {
      for (const statement of statements) database.exec(statement);
    } finally {
      database.close();
    }
    return;
  }
  await administer(
    name,
    async (sql) => {
      for (const statement of statements) await sql(statement);
    },
    url,
  );
}

/** The engines that can be copied from and to; others join as soon as they have the roles. */
export async function copyable(): Promise<readonly TestTarget[]> {
  const found: TestTarget[] = [];
  for (const target of targets) {
    const { normalize, profile, snapshot, chunk, read, render, write, digest } = await loadEngine(
      target.engine,
    );
    const roles = [normalize, profile, snapshot, chunk, read, render, write, digest];
    if (roles.every((role) => role !== undefined)) found.push(target);
  }
  return found;
}
