import { durationText, numberText } from "./amounts.ts";
import type { Channel } from "./channel.ts";
import { noteOf } from "./event-notes.ts";
import type { ProgressDisplay } from "./live-progress.ts";
import { activityText } from "./progress-line.ts";
import { describeHolder } from "../run/lock.ts";
import { oneLine } from "./visible-text.ts";

/** What goes on for long is said again after this time. */
const repeatMs = 10_000;

/** Lines for logs: one for each migration that is finished, one for each notable event, no cursor movement. */
export function openPlainProgress(channel: Channel): ProgressDisplay {
  const { paint } = channel;
  let lastActivity = Number.NEGATIVE_INFINITY;
  // Of a run that only writes history rows, the result says all there is to say.
  let verb: string | null = null;
  const activityDue = (): boolean => {
    const now = performance.now();
    if (now - lastActivity < repeatMs) return false;
    lastActivity = now;
    return true;
  };
  return {
    receive(event) {
      switch (event.type) {
        case "unit:finished":
          if (verb === null) return;
          channel.writeSoon(`${verb} ${oneLine(event.title)} (${durationText(event.durationMs)})\n`);
          return;
        case "activity:seen": {
          if (!activityDue()) return;
          const [holder] = event.waitingFor;
          const waiting = holder === undefined ? "" : `; waiting for ${oneLine(describeHolder(holder), 300)}`;
          channel.write(`${oneLine(event.key)}: ${activityText(event)}${waiting}\n`);
          return;
        }
        case "script:progressed": {
          if (!activityDue()) return;
          const total = event.total === null ? "" : ` of ${numberText(event.total)}`;
          channel.write(`${oneLine(event.key)}: ${numberText(event.done)}${total} ${oneLine(event.unit)}\n`);
          return;
        }
        case "lock:waiting": {
          if (!activityDue()) return;
          const whom =
            event.holder === null ? "a session that the server does not show" : describeHolder(event.holder);
          channel.write(`waiting for the run lock, held by ${oneLine(whom, 300)}\n`);
          return;
        }
        default: {
          if (event.type === "run:started" || event.type === "run:resumed") {
            verb = { apply: "applied", rollback: "rolled back", record: null }[event.kind];
          }
          const note = noteOf(event, paint);
          if (note !== null) channel.write(`${note}\n`);
        }
      }
    },
    [Symbol.dispose]: () => channel.flush(),
  };
}
