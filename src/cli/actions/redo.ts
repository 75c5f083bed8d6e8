import { redo as redoNewest } from "../../commands/redo.ts";
import type { Invocation } from "../command-spec.ts";
import { confirm } from "../confirm.ts";
import { runDocument, runText } from "../render-run.ts";
import { readingOptions } from "./reading.ts";
import { describeRollback, sayingHazard } from "./rollback-preview.ts";
import { running } from "./running.ts";
import { typedName } from "./typed-name.ts";

export async function redo(invocation: Invocation): Promise<number> {
  const { output, cwd } = invocation;
  const { paint } = output.out;
  const nothing = "nothing to do: no migration is applied";
  const isAsked = await confirm(invocation, {
    what: "undoes a migration, and its down file may drop data",
    describe: () => describeRollback({ ...readingOptions(invocation), steps: 1 }, output.err.paint),
  });
  if (!isAsked) {
    output.out.write(`${nothing}\n`);
    return 0;
  }
  const typed = await typedName(invocation, readingOptions(invocation));
  const { result, record } = await running(invocation, (project) =>
    redoNewest({ ...sayingHazard(invocation, project), confirm: typed }),
  );
  // One record saw both runs: the first half of its units was undone.
  const undone = record.units.slice(0, result.versions.length);
  const applied = record.units.slice(result.versions.length);
  const { schemaFile } = record;
  const document = {
    versions: result.versions,
    rollback: runDocument(result.rollback, { units: undone, schemaFile }),
    apply: runDocument(result.apply, { units: applied, schemaFile }),
  };
  output.result("redo", document, () => {
    if (result.versions.length === 0) return `${nothing}\n`;
    const back = runText(
      result.rollback,
      { units: undone, schemaFile: null },
      { verb: "rolled back", paint, cwd, nothing },
    );
    const forth = runText(
      result.apply,
      { units: applied, schemaFile },
      { verb: "applied", paint, cwd, nothing },
    );
    return `${back}\n${forth}`;
  });
  return 0;
}
