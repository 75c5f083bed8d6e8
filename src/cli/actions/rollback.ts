import { freezePlan } from "../../commands/freeze.ts";
import { rollback as rollbackMigrations } from "../../commands/rollback.ts";
import { GodwitError } from "../../core/error.ts";
import { thawPlan } from "../../core/frozen-plan.ts";
import type { Invocation } from "../command-spec.ts";
import { confirm } from "../confirm.ts";
import { runDocument, runText } from "../render-run.ts";
import { printPlan, writePlan } from "./plan.ts";
import { readingOptions } from "./reading.ts";
import { describeRollback, sayingHazard } from "./rollback-preview.ts";
import { running } from "./running.ts";
import { typedName } from "./typed-name.ts";

export async function rollback(invocation: Invocation): Promise<number> {
  const { options, output, cwd } = invocation;
  const { steps, to, allow } = options;
  if (options.dryRun === true) return previewed(invocation);
  if (options.output !== undefined) {
    throw new GodwitError("GW1001", {
      message: "-o writes a plan, which takes --dry-run: nothing is rolled back",
    });
  }
  const nothing = "nothing to do: no migration is applied that would be undone";
  const isAsked = await confirm(invocation, {
    what: "undoes migrations, and down files may drop data",
    describe: () => describeRollback({ ...readingOptions(invocation), steps, to, allow }, output.err.paint),
  });
  if (!isAsked) {
    output.out.write(`${nothing}\n`);
    return 0;
  }
  const typed = await typedName(invocation, readingOptions(invocation));
  const { result, record } = await running(invocation, (project) =>
    rollbackMigrations({ ...sayingHazard(invocation, project), steps, to, allow, confirm: typed }),
  );
  const document = { ...runDocument(result, record), versions: result.versions };
  output.result("rollback", document, () => {
    return runText(result, record, { verb: "rolled back", paint: output.out.paint, cwd, nothing });
  });
  return 0;
}

/** The plan of the rollback: shown, or written for review. */
async function previewed(invocation: Invocation): Promise<number> {
  const { steps, to, output: file, allow } = invocation.options;
  if (file !== undefined) return writePlan(invocation, { of: "rollback", steps, to, allow });
  const frozen = await freezePlan({ ...readingOptions(invocation), of: "rollback", steps, to, allow });
  return printPlan(invocation, frozen === null ? null : thawPlan(frozen), {
    nothing: "no migration is applied that would be undone",
  });
}
