import { repair as repairHistory } from "../../commands/repair.ts";
import { GodwitError } from "../../core/error.ts";
import type { Invocation } from "../command-spec.ts";
import { confirm } from "../confirm.ts";
import { recordText, runDocument } from "../render-run.ts";
import { oneLine } from "../visible-text.ts";
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
      describe: async () => questionText(forget, reseal === true),
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

function questionText(forget: readonly string[], reseal: boolean): string {
  const lines = forget.map(
    (version) => `${oneLine(version)} will count as not applied; the database itself is left as it is.\n`,
  );
  if (reseal) lines.push("The history will be accepted as it stands, with whatever was altered in it.\n");
  return lines.join("");
}
