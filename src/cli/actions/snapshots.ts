import { dropSnapshots, snapshots as readSnapshots } from "../../commands/snapshots.ts";
import { chooseSnapshots, type RowSnapshot } from "../../migrate/index.ts";
import { bytesText, countText, timeText } from "../amounts.ts";
import type { Invocation } from "../command-spec.ts";
import { confirm } from "../confirm.ts";
import { runDocument } from "../render-run.ts";
import { tableText } from "../table.ts";
import { oneLine } from "../visible-text.ts";
import { readingOptions } from "./reading.ts";
import { running } from "./running.ts";
import { typedName } from "./typed-name.ts";

export async function snapshots(invocation: Invocation): Promise<number> {
  const { output } = invocation;
  const { drop = [] } = invocation.options;
  const there = await readSnapshots(readingOptions(invocation));
  if (drop.length === 0) {
    output.result("snapshots", { snapshots: there }, () => listText(there));
    return 0;
  }
  const chosen = chooseSnapshots(there, drop);
  await confirm(invocation, {
    what: "drops tables of rows that a rollback would put back",
    describe: async () => (chosen.length === 0 ? null : `${listText(chosen)}These tables will be dropped.\n`),
  });
  const typed = chosen.length === 0 ? undefined : await typedName(invocation, readingOptions(invocation));
  const { result, record } = await running(invocation, (project) =>
    dropSnapshots({ ...project, drop: chosen.map(({ id }) => id), confirm: typed }),
  );
  output.result("snapshots", { ...runDocument(result, record), dropped: chosen.map(({ id }) => id) }, () =>
    chosen.length === 0 ? "nothing to do\n" : `dropped ${countText(chosen.length, "snapshot")}\n`,
  );
  return 0;
}

function listText(list: readonly RowSnapshot[]): string {
  if (list.length === 0) return "no rows are kept\n";
  const rows = list.map(({ id, state, rows: count, bytes, before, unitTitle, createdAt }) => [
    id,
    state === "kept" ? "kept" : "put back",
    countText(count, "row"),
    bytesText(bytes),
    oneLine(before.schema === "" ? before.name : `${before.schema}.${before.name}`),
    oneLine(unitTitle),
    timeText(createdAt),
  ]);
  return tableText(rows, { right: [2, 3] });
}
