import { createReadStream } from "node:fs";
import { type FileHandle, mkdtemp, open, rm } from "node:fs/promises";
import { join } from "node:path";
import type { NativeRole } from "../backup-role.ts";
import { openDatabase, sqliteError } from "./driver.ts";
import { keptMark } from "./kept-mark.ts";
import { sessionOf } from "./session.ts";
import { ledgerNames } from "./store.ts";
import { traits } from "./traits.ts";

/**
 * The file itself, by SQLite's online backup: also rows of virtual tables, and the file's own form. It is put back by the
 * same means, which is one transaction on the target: all of it, or nothing.
 */
export const native: NativeRole = {
  isAtomic: true,
  notHeld: [],
  programs: async (session) => {
    const [row] = await session.query("SELECT sqlite_version() AS version");
    return { sqlite: String(row?.version) };
  },
  dump: async (session, { folder }) => {
    const { path, remove } = await privateFile(folder);
    return { pieces: pieces(), position: null };

    async function* pieces(): AsyncGenerator<Uint8Array> {
      try {
        // Within this session's read transaction: the very state whose rows are summed.
        await driver().backup(sessionOf(session).handle(), path, { rate: pagesAtOnce });
        const copy = openDatabase(path);
        try {
          for (const name of ledgerOf(copy)) copy.exec(`DROP TABLE ${traits.quote(name)}`);
          // What was dropped is not to be found in free pages.
          copy.exec("PRAGMA journal_mode = DELETE; VACUUM");
        } finally {
          copy.close();
        }
        for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) yield piece as Buffer;
      } finally {
        await remove();
      }
    }
  },
  restore: async (session, pieces, { folder }) => {
    const { path, remove } = await privateFile(folder);
    const target = sessionOf(session).path;
    try {
      await write(path, pieces);
      const copy = openDatabase(path);
      try {
        keepLedger(copy, target);
        await session.reset();
        // At once, so that no reader sees a half: a lock of somebody else's is waited for as long as that takes.
        await driver().backup(copy, target, { rate: wholeFile });
      } finally {
        copy.close();
      }
      await session.reset();
    } finally {
      await remove();
    }
  },
};

/** The ledger, and the rows that it has kept. */
const isOwn = `(lower(name) IN ${ledgerNames} OR instr(sql, '${keptMark}') > 0)`;
const pagesAtOnce = 1_000;
/** More pages than a file can have. */
const wholeFile = 0x7fff_ffff;

function driver(): typeof import("node:sqlite") {
  return process.getBuiltinModule("node:sqlite");
}

/** The target's own ledger, with this run in it, goes on in what takes its place. */
function keepLedger(copy: ReturnType<typeof openDatabase>, target: string): void {
  copy.prepare("ATTACH ? AS target").run(target);
  try {
    for (const name of ledgerOf(copy)) copy.exec(`DROP TABLE main.${traits.quote(name)}`);
    const tables = copy
      .prepare(`SELECT name, sql FROM target.sqlite_schema WHERE type = 'table' AND ${isOwn}`)
      .all();
    copy.exec("BEGIN");
    for (const { name, sql } of tables) {
      copy.exec(String(sql));
      const quoted = traits.quote(String(name));
      copy.exec(`INSERT INTO main.${quoted} SELECT * FROM target.${quoted}`);
    }
    copy.exec("COMMIT");
  } finally {
    if (copy.isTransaction) copy.exec("ROLLBACK");
    copy.exec("DETACH target");
  }
}

function ledgerOf(database: ReturnType<typeof openDatabase>): string[] {
  return database
    .prepare(`SELECT name FROM main.sqlite_schema WHERE type = 'table' AND ${isOwn}`)
    .all()
    .map(({ name }) => String(name));
}

/** In a folder that nobody else may enter. */
async function privateFile(folder: string): Promise<{ path: string; remove: () => Promise<void> }> {
  const own = await mkdtemp(join(folder, ".godwit-copy-"));
  return { path: join(own, "copy.db"), remove: () => rm(own, { recursive: true, force: true }) };
}

async function write(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  const handle: FileHandle = await open(path, "wx", 0o600);
  let first = true;
  try {
    for await (const piece of pieces) {
      if (first && !Buffer.from(piece).subarray(0, 16).equals(Buffer.from("SQLite format 3\0")))
        throw sqliteError(26, "the backup holds no SQLite file");
      first = false;
      await handle.writeFile(piece);
    }
  } finally {
    await handle.close();
  }
}
