import { spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { root } from "../support/cli.ts";
import { until } from "../support/until.ts";

/** A reader's shell: it starts in an empty folder, with `godwit` and `hoho` on its path and importable as a package. */
export interface Shell extends AsyncDisposable {
  /** The empty folder. */
  readonly folder: string;
  /** Runs a command and gives what both of its streams said, and its exit code. */
  run(command: string): Promise<{ readonly output: string; readonly code: number }>;
}

const commandTimeoutMs = 60_000;

/** Starts bash with a small environment; `env` is added to it. */
export async function openShell(env: Readonly<Record<string, string>>): Promise<Shell> {
  const home = await realpath(await mkdtemp(join(tmpdir(), "godwit-docs-")));
  const folder = join(home, "you");
  await makeCommands(join(home, "bin"));
  await makePackage(join(home, "node_modules/godwit"));
  await mkdir(folder);
  const child = spawn("bash", ["--noprofile", "--norc"], {
    cwd: folder,
    env: {
      HOME: folder,
      PATH: [join(home, "bin"), dirname(process.execPath), "/usr/bin", "/bin"].join(":"),
      LC_ALL: "C.UTF-8",
      // Node's compile cache, so that the sources are not compiled for each command again.
      XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"),
      GODWIT_DIST: process.env["GODWIT_DIST"] ?? "",
      ...env,
    },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  child.stdin.write("exec 2>&1 9>&0\n");
  let number = 0;
  return {
    folder,
    async run(command) {
      said = "";
      const mark = `mark-${++number}-${process.pid}`;
      // A command's own input is empty; `$?` is put back for the next one.
      child.stdin.write(
        `{ ${command}\n} </dev/null; code=$?; printf '\\n%s %s\\n' ${mark} $code; (exit $code)\n`,
      );
      const end = new RegExp(`\\n${mark} (\\d+)\\n$`);
      const found = await until(
        () => {
          if (child.exitCode !== null) throw new Error(`the shell ended in: ${command}\n${said}`);
          return end.exec(said);
        },
        { timeoutMs: commandTimeoutMs, what: `the end of: ${command}` },
      );
      return { output: said.slice(0, found.index).replace(/\n$/, ""), code: Number(found[1]) };
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await closed;
      await rm(home, { recursive: true, force: true });
    },
  };
}

async function makeCommands(folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of ["godwit", "hoho"]) {
    const file = join(folder, name);
    await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${join(root, "bin", name)}' "$@"\n`);
    await chmod(file, 0o755);
  }
}

/** `import … from "godwit"` reaches the sources: the built package may be older than they are. */
async function makePackage(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const manifest = { name: "godwit", type: "module", exports: "./index.js" };
  await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
  const sources = pathToFileURL(join(root, "src/index.ts")).href;
  await writeFile(join(folder, "index.js"), `export * from ${JSON.stringify(sources)};\n`);
}
