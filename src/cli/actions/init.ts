import { readFileSync } from "node:fs";
import { init as initProject } from "../../commands/init.ts";
import { GodwitError } from "../../core/error.ts";
import type { Invocation } from "../command-spec.ts";
import { packageFile } from "../package-file.ts";
import { nearPaths } from "../render-error.ts";
import { oneLine } from "../visible-text.ts";

export async function init(invocation: Invocation): Promise<number> {
  const { options, output, cwd, env } = invocation;
  if (options.printSchema === true) {
    output.out.write(configSchema());
    return 0;
  }
  const report = await initProject({ cwd, env, url: options.url, migrations: options.migrations });
  output.result("init", { ...report }, () => {
    const near = (path: string) => oneLine(nearPaths(path, cwd));
    const folder = {
      given: "as given",
      found: "found there with files in it",
      default: "new",
    }[report.folderFrom];
    return `wrote ${near(report.config)}\nmigrations are in ${near(report.migrations)} (${folder})\nnext: set GODWIT_URL, then \`godwit new NAME\`\n`;
  });
  return 0;
}

function configSchema(): string {
  const path = packageFile("docs/reference/config.schema.json");
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new GodwitError("GW1006", {
      message: `${path} cannot be read: ${(error as Error).message}`,
      hint: "Install the package again.",
      cause: error,
    });
  }
}
