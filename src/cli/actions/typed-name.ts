import { nameToConfirm } from "../../commands/confirm-name.ts";
import type { ProjectOptions } from "../../commands/options.ts";
import type { Invocation } from "../command-spec.ts";
import { confirm } from "../confirm.ts";
import { oneLine } from "../visible-text.ts";

/**
 * The name of a database that is typed before it is changed: from the command line, or from the terminal, where one is
 * demanded. Without either the run itself refuses (GW8107).
 */
export async function typedName(
  invocation: Invocation,
  options: ProjectOptions,
): Promise<string | undefined> {
  const { output } = invocation;
  if (invocation.options.confirm !== undefined) return invocation.options.confirm;
  if (output.json || process.stdin.isTTY !== true || !output.err.terminal) return undefined;
  const asked = await nameToConfirm(options);
  if (asked === null) return undefined;
  const text = `This changes ${oneLine(asked.identity)}.\n`;
  await confirm(invocation, {
    what: "changes a production database",
    describe: async () => ({ text, word: asked.name }),
    yesCounts: false,
  });
  return asked.name;
}
