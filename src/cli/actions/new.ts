import { create as createMigration } from "../../commands/create.ts";
import type { Invocation } from "../command-spec.ts";
import { nearPaths } from "../render-error.ts";
import { oneLine } from "../visible-text.ts";
import { readingOptions } from "./reading.ts";

export async function create(invocation: Invocation): Promise<number> {
  const {
    arguments: [argument = ""],
    options,
    output,
    cwd,
  } = invocation;
  const files = await createMigration({
    ...readingOptions(invocation),
    name: argument,
    script: options.ts,
    repeatable: options.repeatable,
  });
  output.result("new", { files }, () => files.map((file) => `${oneLine(nearPaths(file, cwd))}\n`).join(""));
  return 0;
}
