import { forgetPreview, repair as repairHistory } from "../../commands/repair.ts";
import type { ForgetPreview } from "../../migrate/index.ts";
import { GodwitError } from "../../core/error.ts";
import type { Invocation } from "../command-spec.ts";
import { confirm } from "../confirm.ts";
import { recordText, runDocument } from "../render-run.ts";
import { oneLine } from "../visible-text.ts";
import { readingOptions } from "./reading.ts";
import { running } from "./running.ts";

export async function repair(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const { accept, acceptAll, forget = [], reseal, done = [], notDone = [] } = options;
  if (accept !== undefined && acceptAll === true) {
    throw new GodwitError("GW1001", { message: "--accept and --accept-all exclude each other" });
  }
  const both = done.filter((key) => notDone.includes(key));
  if (both.length > 0) {
    throw new GodwitError("GW1001", { message: `${both.join(", ")} is named by --done and by --not-done` });
  }
  if (forget.length > 0 || reseal === true) {
    await confirm(invocation, {
      what: "changes what the history says",
      describe: async () =>
        questionOf(await forgetPreview({ ...readingOptions(invocation), forget }), reseal === true),
    });
  }
  const { result, record } = await running(invocation, (project) =>
    repairHistory({ ...project, accept: acceptAll === true ? "all" : accept, forget, reseal, done, notDone }),
  );
  output.result("repair", runDocument(result, record), () => {
    if (done.length + notDone.length === 0) return recordText(result);
    if (result.state === "done") return "recorded; the interrupted run is complete\n";
    return "recorded; `godwit status` shows what is left to do\n";
  });
  return 0;
}

/** What was done in part is named by whoever says that it is undone: a plain yes is given too easily. */
function questionOf(forgotten: readonly ForgetPreview[], reseal: boolean) {
  const lines = forgotten.map(({ name, warning }) =>
    warning === null
      ? `${oneLine(name)} will count as not applied; the database itself is left as it is.\n`
      : `${oneLine(warning, 2_000)}.\n`,
  );
  if (reseal) lines.push("The history will be accepted as it stands, with whatever was altered in it.\n");
  const halves = forgotten.filter(({ warning }) => warning !== null).map(({ version }) => oneLine(version));
  const text = lines.join("");
  return halves.length === 0 ? text : { text, word: halves.join(" ") };
}
