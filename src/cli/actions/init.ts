import { init as initProject } from "../../commands/init.ts";
import schema from "../../../docs/reference/config.schema.json" with { type: "json" };
import type { Invocation } from "../command-spec.ts";
import { nearPaths } from "../render-error.ts";
import { oneLine } from "../visible-text.ts";

export async function init(invocation: Invocation): Promise<number> {
  const { options, output, cwd, env } = invocation;
  if (options.printSchema === true) {
    output.out.write(`${JSON.stringify(schema, null, 2)}\n`);
    return 0;
  }
  const report = await initProject({ cwd, env, url: options.url, migrations: options.migrations });
  output.result("init", { ...report }, () => {
    const near = (path: string) => oneLine(nearPaths(path, cwd));
    const folder = {
      given: "as given",
      found: "found there",
      default: "new",
    }[report.folderFrom];
    const config = `wrote ${near(report.config)}\nmigrations are in ${near(report.migrations)} (${folder})\n`;
    const set = report.variableFrom === null ? `set ${report.variable}, then ` : "";
    return `${config}next: ${set}\`godwit new NAME\`\n`;
  });
  return 0;
}
