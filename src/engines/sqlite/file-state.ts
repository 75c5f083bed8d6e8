import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";

/*
 * The state of a database file, from its header and its write-ahead log. https://www.sqlite.org/fileformat2.html
 * §1.3.7 (change counter) and §4 (WAL).
 */

/**
 * Open descriptors of database files, kept to the end of the process: closing any descriptor of a file gives up
 * all POSIX locks that the process has on it, those of SQLite too (https://www.sqlite.org/howtocorrupt.html §2.2).
 */
const kept = new Map<string, number>();

/**
 * Two equal states are the same content: the change counter, which each commit raises unless there is a
 * write-ahead log, and of the log its salts and its last frame. The file's time and size tell when a copy was put
 * in its place. Read inside a read transaction. "" where there is no file.
 */
export function fileState(path: string): { readonly position: string; readonly token: string } {
  const file = descriptor(path);
  if (file === null) return { position: "", token: "" };
  const header = Buffer.alloc(100);
  if (readSync(file, header, 0, 100, 0) < 100) return { position: "0", token: `empty ${identity(file)}` };
  const counter = header.readUInt32BE(24);
  const log = readLog(`${path}-wal`);
  return {
    position: log === null ? String(counter) : `${counter} ${log}`,
    token: [counter, header.readUInt32BE(92), header.readUInt32BE(40), identity(file), log ?? ""].join(" "),
  };
}

function identity(file: number): string {
  const { dev, ino, size, mtimeNs } = fstatSync(file, { bigint: true });
  return [dev, ino, size, mtimeNs].join(" ");
}

function descriptor(path: string): number | null {
  let found: { readonly dev: bigint; readonly ino: bigint };
  try {
    found = statSync(path, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const key = `${found.dev} ${found.ino}`;
  const open = kept.get(key);
  if (open !== undefined) return open;
  const file = openSync(path, "r");
  kept.set(key, file);
  return file;
}

/** Salts and the number of frames of the log that belong to it; null where there is none. */
function readLog(path: string): string | null {
  let file: number;
  try {
    // SQLite's locks are on the -shm file, so this one may be closed.
    file = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    const header = Buffer.alloc(32);
    if (readSync(file, header, 0, 32, 0) < 32) return null;
    const frameBytes = 24 + header.readUInt32BE(8);
    const salts = header.subarray(16, 24);
    const frame = Buffer.alloc(24);
    let frames = 0;
    let sum = "";
    // Frames of an older use of the log have other salts.
    while (readSync(file, frame, 0, 24, 32 + frames * frameBytes) === 24) {
      if (!frame.subarray(8, 16).equals(salts)) break;
      frames++;
      sum = frame.toString("hex", 16, 24);
    }
    return `${salts.toString("hex")} ${frames} ${sum}`;
  } finally {
    closeSync(file);
  }
}
