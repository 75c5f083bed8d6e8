import { execFile, execFileSync } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** A file system of its own that is soon full. */
export interface SmallDisk extends AsyncDisposable {
  readonly folder: string;
  resize(megabytes: number): Promise<void>;
}

/** For node:test's `skip`: the reason why no file system can be mounted here, or false. */
export function smallDiskSkip(): string | false {
  const folder = execFileSync("mktemp", ["-d"], { encoding: "utf8" }).trim();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", folder], { stdio: "ignore" });
    execFileSync("umount", [folder], { stdio: "ignore" });
    return false;
  } catch {
    return "no file system can be mounted here";
  } finally {
    execFileSync("rmdir", [folder]);
  }
}

export async function mountSmallDisk(megabytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), "godwit-disk-"));
  const run = promisify(execFile);
  await run("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "none", folder]);
  await chmod(folder, 0o777);
  return {
    folder,
    resize: async (size) => void (await run("mount", ["-o", `remount,size=${size}m`, folder])),
    async [Symbol.asyncDispose]() {
      await run("umount", ["-l", folder]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
