import { rollback as rollbackMigrations } from "../../commands/rollback.ts";
import type { Invocation } from "../command-spec.ts";
import { confirm } from "../confirm.ts";
import { runDocument, runText } from "../render-run.ts";
import { readingOptions } from "./reading.ts";
import { describeRollback, sayingHazard } from "./rollback-preview.ts";
import { running } from "./running.ts";

export async function rollback(invocation: Invocation): Promise<number> {
  const { options, output, cwd } = invocation;
  const { steps, to } = options;
  const nothing = "nothing to do: no migration is applied that would be undone";
  const isAsked = await confirm(invocation, {
    what: "undoes migrations, and down files may drop data",
    describe: () => describeRollback({ ...readingOptions(invocation), steps, to }, output.err.paint),
  });
  if (!isAsked) {
    output.out.write(`${nothing}\n`);
    return 0;
  }
  const { result, record } = await running(invocation, (project) =>
    rollbackMigrations({ ...sayingHazard(invocation, project), steps, to }),
  );
  const document = { ...runDocument(result, record), versions: result.versions };
  output.result("rollback", document, () => {
    return runText(result, record, { verb: "rolled back", paint: output.out.paint, cwd, nothing });
  });
  return 0;
}
