import type { ListedBackup, MadeBackup, ProvedBackup, PrunePlan, Restored } from "../backup/index.ts";
import { bytesText, countText, durationText, numberText, timeText } from "./amounts.ts";
import type { Paint } from "./paint.ts";
import { nearPaths } from "./render-error.ts";
import { tableText } from "./table.ts";
import { oneLine } from "./visible-text.ts";

interface Look {
  readonly paint: Paint;
  readonly cwd: string;
}

export function madeText(
  { file, durationMs, notHeld, missing }: Pick<MadeBackup, "file" | "durationMs" | "notHeld" | "missing">,
  proved: ProvedBackup | null,
  { paint, cwd }: Look,
): string {
  const made = `${paint.green("backed up")} into ${oneLine(nearPaths(file, cwd))} in ${durationText(durationMs)}\n`;
  return proved === null
    ? `${made}It counts as a backup when a restore of it was compared: godwit backup verify\n${lackText(missing, notHeld, paint)}`
    : `${made}${provedText(proved, { paint, cwd })}`;
}

export function provedText(
  { file, tables, rows, durationMs, notHeld, missing }: ProvedBackup,
  { paint, cwd }: Look,
): string {
  const lacks = lackText(missing, notHeld, paint);
  return `${paint.green("verified")} ${oneLine(nearPaths(file, cwd))} in ${durationText(durationMs)}: ${countText(tables, "table")} with ${countText(rows, "row")} came back as they were\n${lacks}`;
}

function lackText(missing: readonly string[], notHeld: readonly string[], { yellow }: Paint): string {
  return [
    ...missing.map(
      (what) => `${yellow("not whole")}, so it counts for no gate: it lacks ${oneLine(what, 300)}\n`,
    ),
    ...notHeld.map((what) => `not in the backup: ${oneLine(what, 300)}\n`),
  ].join("");
}

export function listText(backups: readonly ListedBackup[], { paint, cwd }: Look): string {
  if (backups.length === 0) return "no backups\n";
  const rows = backups.map((backup) => [
    backup.id.slice(0, 8),
    timeText(backup.createdAt),
    stateText(backup, paint),
    `${backup.form}${backup.encrypted ? ", encrypted" : ""}`,
    bytesText(backup.bytes),
    `${numberText(backup.rows)} rows`,
    oneLine(nearPaths(backup.file, cwd)),
  ]);
  return tableText(rows, { right: [4, 5] });
}

function stateText({ state, found, missing }: ListedBackup, { green, red, yellow }: Paint): string {
  if (state === "removed") return "removed";
  if (found !== "intact") return red(`file ${found}`);
  if (missing.length > 0)
    return yellow(state === "verified" ? "verified, not whole" : "not verified, not whole");
  return state === "verified" ? green("verified") : yellow("not verified");
}

export function restoredText({ manifest, durationMs, lacks }: Restored, { paint }: Look): string {
  const rows = manifest.tables.reduce((sum, table) => sum + Number(table.rows), 0);
  const lines = [
    `${paint.green("restored")} ${countText(manifest.tables.length, "table")} with ${countText(rows, "row")} in ${durationText(durationMs)}; they are as they were backed up\n`,
    ...lacks.map(
      (line) => `${paint.yellow("left out")}, because the role is not here: ${oneLine(line, 300)}\n`,
    ),
    lackText(manifest.missing, manifest.notHeld, paint),
  ];
  return lines.join("");
}

export function prunedText({ removed, relied, left }: PrunePlan, { paint, cwd }: Look): string {
  const stays = left
    .map(
      ({ id, file, why }) =>
        `${paint.yellow("left")} ${id.slice(0, 8)}, because ${why}: ${oneLine(nearPaths(file, cwd))}\n`,
    )
    .join("");
  if (removed.length === 0) return `nothing to remove\n${stays}`;
  const kept = relied === null ? "" : `kept ${relied.slice(0, 8)}, the newest that is verified\n`;
  return `removed ${countText(removed.length, "backup")}\n${tableText(
    removed.map(({ id, createdAt, file }) => [
      id.slice(0, 8),
      timeText(createdAt),
      oneLine(nearPaths(file, cwd)),
    ]),
  )}${kept}${stays}`;
}
