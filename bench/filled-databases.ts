import { existsSync } from "node:fs";
import { join } from "node:path";
import { writeCopiedData } from "./copy-data.ts";
import type { Database, Server } from "./servers.ts";

/** The databases that are copied from: one of each server, made when it is first asked for, and only read from then on. */
export class FilledDatabases implements AsyncDisposable {
  readonly #folder: string;
  readonly #made = new Map<Server, Database>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async of(server: Server): Promise<Database> {
    const found = this.#made.get(server);
    if (found !== undefined) return found;
    const rows = join(this.#folder, "rows.copy");
    process.stderr.write(`fills a database of ${server.version}\n`);
    if (!existsSync(rows)) await writeCopiedData(rows);
    const database = await server.filled(rows);
    this.#made.set(server, database);
    return database;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const database of this.#made.values()) await database[Symbol.asyncDispose]();
  }
}
