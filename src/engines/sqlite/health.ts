import { existsSync, statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Finding, HealthRole, Session } from "../engine.ts";
import { errors } from "./errors.ts";
import { lock, lockFile } from "./lock.ts";
import { isWritable, memory } from "./location.ts";
import { sessionOf } from "./session.ts";
import { remnants } from "./remnants.ts";

export const health: HealthRole = { findings, remnants };

/** A quick_check reads the whole file: half a second for this size on a slow disk. */
const checkedBytes = 100_000_000;

async function findings(session: Session): Promise<Finding[]> {
  const { path } = sessionOf(session);
  const found: Finding[] = [await version(session)];
  if (path !== memory)
    found.push(...access(path), space(path), await journal(session, path), await lockState(session, path));
  found.push(await integrity(session, path), await references(session));
  return found;
}

async function version(session: Session): Promise<Finding> {
  const [row] = await session.query("SELECT sqlite_version() AS version");
  return ok("version", `SQLite ${String(row?.version)}, part of Node ${process.versions.node}`);
}

function access(path: string): Finding[] {
  const folder = dirname(path);
  return [
    !existsSync(path)
      ? ok("file", `${path} does not exist yet; the first write makes it`)
      : isWritable(path)
        ? ok("file", `${path} can be written`)
        : failed("file", `${path} cannot be written`, `chmod u+w '${path}', or run as its owner`),
    isWritable(folder)
      ? ok("folder", `${folder} can be written`)
      : failed(
          "folder",
          `${folder} cannot be written, and the journal is made there`,
          `chmod u+wx '${folder}'`,
        ),
  ];
}

/** A rewrite of the largest table, or VACUUM, can need as much again as the file has. */
function space(path: string): Finding {
  const file = statSync(path, { throwIfNoEntry: false });
  const disk = statfsSync(dirname(path));
  const free = disk.bavail * disk.bsize;
  const size = file?.size ?? 0;
  const message = `${megabytes(free)} free beside a database of ${megabytes(size)}`;
  if (free >= size) return ok("disk space", message);
  return {
    check: "disk space",
    status: "warning",
    message,
    remedy: "Free as much space as the database takes",
  };
}

async function journal(session: Session, path: string): Promise<Finding> {
  if (!existsSync(path)) return ok("journal", "the file will be made with journal mode delete");
  const [row] = await session.query("PRAGMA main.journal_mode");
  const mode = String(row?.journal_mode);
  if (mode !== "off" && mode !== "memory") return ok("journal", `journal mode ${mode}`);
  return failed(
    "journal",
    `journal mode ${mode}: a killed process leaves a damaged file`,
    "PRAGMA journal_mode = wal, or delete",
  );
}

async function lockState(session: Session, path: string): Promise<Finding> {
  if (!existsSync(lockFile(path))) return ok("run lock", "no run has taken the lock yet");
  const holder = await lock.holder(session);
  if (holder === null)
    return ok("run lock", "free (the lock file stays beside the database; it is no lock by itself)");
  if (holder.sessionId === session.id) return ok("run lock", "held by this session");
  return {
    check: "run lock",
    status: "warning",
    message: `held by session ${holder.sessionId} on ${holder.host ?? "?"} since ${holder.since ?? "?"}`,
    remedy: "Wait for that run",
  };
}

async function integrity(session: Session, path: string): Promise<Finding> {
  const size = path === memory ? 0 : (statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  if (size >= checkedBytes) {
    return ok("integrity", `not checked: the database has ${megabytes(size)}; PRAGMA quick_check does it`);
  }
  const [row] = await session.query("PRAGMA main.quick_check(1)");
  const answer = String(row?.quick_check);
  if (answer === "ok") return ok("integrity", "quick_check found nothing");
  return failed("integrity", answer, "Restore a backup, or save what can be read with `.recover` of sqlite3");
}

async function references(session: Session): Promise<Finding> {
  const check = session.query(
    `SELECT count(*) AS count, min("table") AS child, min(parent) AS parent
       FROM (SELECT "table", parent FROM pragma_foreign_key_check LIMIT 1000)`,
  );
  const [row] = await check.catch((error: unknown) => {
    const { message } = errors.classify(error);
    if (!message.includes("foreign key mismatch")) throw error;
    return [{ count: 1, child: message, parent: "?" }];
  });
  const count = Number(row?.count);
  if (count === 0) return ok("foreign keys", "every reference has its row");
  return {
    check: "foreign keys",
    status: "warning",
    message: `${count === 1000 ? "1000 or more" : count} rows refer to none, e.g. from ${String(row?.child)} to ${String(row?.parent)}`,
    remedy: "PRAGMA foreign_key_check lists them; a migration is refused only for new ones",
  };
}

function ok(check: string, message: string): Finding {
  return { check, status: "ok", message };
}

function failed(check: string, message: string, remedy: string): Finding {
  return { check, status: "error", message, remedy };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
