import { readFile, statfs } from "node:fs/promises";

export interface ServerProcess {
  /** A process or a thread of the server, by the server's own word. */
  readonly id: number;
  /** What its command line begins with or holds, so that it is no other process of that number here. */
  readonly isServer: (commandLine: string) => boolean;
}

export interface DiskUse {
  readonly usedBytes: number;
  readonly totalBytes: number;
}

/**
 * The file system of a server's folder, as `df` counts it, where the server runs on this machine: proven by its
 * process, since an address of this machine may be a tunnel or a container with folders of its own. Null where
 * that is not so, or cannot be told (only Linux shows it).
 */
export async function localDisk(server: ServerProcess, folder: string): Promise<DiskUse | null> {
  const line = await readFile(`/proc/${server.id}/cmdline`, "utf8").catch(() => null);
  if (line === null || !server.isServer(line.replaceAll("\0", " "))) return null;
  // Seen with the server's eyes where that is allowed: it may have a root folder of its own.
  const found =
    (await statfs(`/proc/${server.id}/root${folder}`).catch(() => null)) ??
    (await statfs(folder).catch(() => null));
  if (found === null) return null;
  const usedBytes = (found.blocks - found.bfree) * found.bsize;
  return { usedBytes, totalBytes: usedBytes + found.bavail * found.bsize };
}
