import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { styleText } from "node:util";
import { say } from "./stage.ts";

const program = join(import.meta.dirname, "../bin/godwit");

/** Says the command and starts it in a folder, with the terminal's own streams. */
export function startGodwit(
  folder: string,
  environment: Readonly<Record<string, string>>,
  args: readonly string[],
): ChildProcess {
  say(styleText("bold", `$ godwit ${args.join(" ")}`));
  return spawn(process.execPath, [program, ...args], {
    cwd: folder,
    env: { ...process.env, ...environment },
    stdio: "inherit",
  });
}
