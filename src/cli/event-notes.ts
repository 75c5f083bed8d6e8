import type { StampedEvent } from "../core/event.ts";
import { describeHolder } from "../run/lock.ts";
import { countText, durationText } from "./amounts.ts";
import type { Paint } from "./paint.ts";
import { oneLine } from "./visible-text.ts";

/** A line for an event that people should see even after it has passed; null for the others. */
export function noteOf(event: StampedEvent, paint: Paint): string | null {
  switch (event.type) {
    case "orphan:found":
      return `${paint.yellow("waiting")} for what a killed run (${event.runId.slice(0, 8)}) left at work: ${oneLine(describeHolder(event.holder), 300)}`;
    case "orphan:gone":
      return `the session of the killed run is gone after ${durationText(event.waitedMs)}; continuing`;
    case "ledger:upgraded":
      return event.from === 0 ? null : `the ledger was brought from version ${event.from} to ${event.to}`;
    case "run:resumed":
      return `continuing run ${event.runId.slice(0, 8)}${event.done > 0 ? `: ${event.done} of its open steps had taken effect` : ""}`;
    case "step:settled":
      return event.by === "operator"
        ? `${oneLine(event.key)}: recorded as ${event.outcome}, on your word`
        : `${oneLine(event.key)}: its outcome was not recorded; the database says: ${event.outcome}`;
    case "retry:scheduled": {
      const blockers = event.blockers.map((blocker) => oneLine(describeHolder(blocker), 200));
      const by = blockers.length === 0 ? "" : `; blocked by ${blockers.join(" and ")}`;
      return `${paint.yellow("retry")} ${event.attempt} of ${event.limit} in ${durationText(event.delayMs)}: ${oneLine(event.reason, 300)}${by}`;
    }
    case "connection:lost":
      return `${paint.yellow("connection lost")}: ${oneLine(event.reason, 300)}; trying again in ${durationText(event.delayMs)}`;
    case "connection:restored":
      return "connected again";
    case "index:dropped-invalid":
      return `dropped the invalid index ${oneLine(event.index)} on ${oneLine(event.table)}, left by a failed build`;
    case "snapshot:taken":
      return event.weakness === null
        ? null
        : `${paint.yellow("warning")}: the source is not read as one state: ${oneLine(event.weakness, 300)}`;
    case "snapshot:renewed": {
      const list = (names: readonly string[]) => oneLine(names.join(", "), 300);
      const anew = event.tables.length === 0 ? "" : `; what differs is copied again: ${list(event.tables)}`;
      const kept = event.kept.length === 0 ? "" : `; compared and kept: ${list(event.kept)}`;
      return `the source may have changed since the interruption${anew}${kept}`;
    }
    case "object:undone":
      return `${paint.yellow("not copied")}: ${oneLine(event.what)} ${oneLine(event.name)}: ${oneLine(event.reason, 300)}`;
    case "guard:paused":
      return `${paint.yellow("paused")} before ${oneLine(event.key)}: ${oneLine(event.reason, 300)}`;
    case "guard:resumed":
      return `going on after a pause of ${durationText(event.pausedMs)}`;
    case "guard:aborted":
      return `${paint.yellow("aborting")} before ${oneLine(event.key)}: ${oneLine(event.reason, 300)}`;
    case "control:taken": {
      const value = event.value === null ? "" : ` ${oneLine(event.value)}`;
      return `told by ${oneLine(event.actor)} on ${oneLine(event.host)}: ${oneLine(event.command)}${value}`;
    }
    case "gate:settled":
      // A closed one is in the error that follows, and one that nobody demands is no news.
      if (event.outcome === "failed" || event.reason.startsWith("not demanded")) return null;
      return event.outcome === "passed"
        ? `gate ${oneLine(event.gate)}: ${oneLine(event.reason, 300)}`
        : `${paint.yellow("gate skipped")} ${oneLine(event.gate)}: ${oneLine(event.reason, 300)}`;
    case "rows:kept":
      return `kept ${countText(event.rows, "row")} of ${oneLine(event.table)} in ${oneLine(event.snapshot)}`;
    case "rows:restored":
      return `put ${countText(event.rows, "row")} of ${oneLine(event.table)} back from ${oneLine(event.snapshot)}`;
    case "mapping:conflicted":
      return `${paint.yellow("contradiction")}: ${oneLine(event.words, 400)}`;
    case "mapping:faulty":
      return `${paint.yellow(oneLine(event.fault))}: ${oneLine(`${event.original} (${event.context}): ${event.problem}; ${event.mend}`, 400)}`;
    case "server:noticed":
      return `${oneLine(event.severity).toLowerCase()}: ${oneLine(event.message, 1_000)}`;
    case "warning:raised":
      return warningText(event, paint);
    default:
      return null;
  }
}

export function warningText(
  warning: { readonly code: string; readonly message: string },
  paint: Paint,
): string {
  return `${paint.yellow(`warning ${warning.code}`)}: ${oneLine(warning.message, 1_000)}`;
}
