import { readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { GodwitError } from "../core/error.ts";

/**
 * Holds a file that is read, changed and written again, so that of two who do it at the same time neither loses what the
 * other wrote. Throws GW1006 where somebody else holds it for long; what a process that has died holds is taken over.
 */
export async function holdFile(path: string): Promise<AsyncDisposable> {
  const mark = join(dirname(path), `.${basename(path)}.held`);
  const own = `${hostname()} ${process.pid}\n`;
  for (const deadline = Date.now() + patienceMs; ;) {
    try {
      await writeFile(mark, own, { flag: "wx", mode: 0o600 });
      return { [Symbol.asyncDispose]: () => rm(mark, { force: true }) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw unwritable(path, error);
      const holder = await readFile(mark, "utf8").catch(() => "");
      if (isGone(holder) && (await removed(mark, holder))) continue;
      if (Date.now() > deadline) throw held(path, mark, holder);
      await setTimeout(50);
    }
  }
}

/**
 * Takes away what a dead process holds; false where somebody else is at it. Of two who saw the same holder, the second
 * would otherwise remove what the first has put there meanwhile.
 */
async function removed(mark: string, holder: string): Promise<boolean> {
  const turn = `${mark}.taken`;
  try {
    await writeFile(turn, "", { flag: "wx", mode: 0o600 });
  } catch {
    return false;
  }
  try {
    const now = await readFile(mark, "utf8").catch(() => "");
    if (now === holder) await rm(mark, { force: true });
  } finally {
    await rm(turn, { force: true });
  }
  return true;
}

/** A change takes no longer, but for somebody who is asked for a passphrase. */
const patienceMs = 5_000;

/** A process of this host that lives no more. */
function isGone(holder: string): boolean {
  const [host, pid] = holder.trim().split(" ");
  if (host !== hostname() || !/^\d+$/.test(pid ?? "")) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function held(path: string, mark: string, holder: string): GodwitError {
  const [host = "another host", pid = "?"] = holder.trim().split(" ");
  return new GodwitError("GW1006", {
    message: `${path} is being changed by process ${pid} on ${host}`,
    hint: `Try again when it has ended. If it was ended by force there, remove ${mark}.`,
    details: { file: path, mark },
  });
}

function unwritable(path: string, error: unknown): GodwitError {
  return new GodwitError("GW1006", {
    message: `${path} cannot be changed: ${(error as Error).message}`,
    details: { file: path },
    cause: error,
  });
}
