import { durationText } from "./amounts.ts";
import type { Channel } from "./channel.ts";
import { noteOf } from "./event-notes.ts";
import type { ProgressDisplay } from "./live-progress.ts";
import { tableProgressText, waitText, workText } from "./progress-line.ts";
import { oneLine } from "./visible-text.ts";

/** What goes on for long is said again after this time. */
const repeatMs = 10_000;

/** Lines for logs: one for each migration that is finished, one for each notable event, no cursor movement. */
export function openPlainProgress(channel: Channel): ProgressDisplay {
  const { paint } = channel;
  let lastRepeat = Number.NEGATIVE_INFINITY;
  // A table that is copied in less says so once, when it is done.
  let lastTables = performance.now();
  // Of a run that only writes history rows, the result says all there is to say.
  let verb: string | null = null;
  const repeatDue = (): boolean => {
    const now = performance.now();
    if (now - lastRepeat < repeatMs) return false;
    lastRepeat = now;
    return true;
  };
  return {
    receive(event, snapshot) {
      switch (event.type) {
        case "unit:finished":
          if (verb === null) return;
          channel.writeSoon(`${verb} ${oneLine(event.title)} (${durationText(event.durationMs)})\n`);
          return;
        case "table:finished":
        case "table:compared": {
          const table = snapshot().tables.find((each) => each.table === event.table);
          if (table !== undefined)
            channel.writeSoon(`${tableProgressText(table)} (${durationText(event.durationMs)})\n`);
          return;
        }
        case "chunk:finished": {
          const now = performance.now();
          if (now - lastTables < repeatMs) return;
          lastTables = now;
          for (const table of snapshot().tables) {
            if (table.state === "copying") channel.write(`${tableProgressText(table)}\n`);
          }
          return;
        }
        case "activity:seen":
        case "script:progressed":
        case "lock:waiting": {
          if (!repeatDue()) return;
          const parts = [workText(snapshot(), Date.now()), waitText(snapshot(), Date.now())];
          channel.write(`${parts.filter((part) => part !== null).join("  ")}\n`);
          return;
        }
        default: {
          if (event.type === "run:started" || event.type === "run:resumed") {
            verb = verbs[event.kind];
          }
          const note = noteOf(event, paint);
          if (note !== null) channel.write(`${note}\n`);
        }
      }
    },
    [Symbol.dispose]: () => channel.flush(),
  };
}

const verbs = {
  apply: "applied",
  rollback: "rolled back",
  record: null,
  copy: "done:",
  backup: "done:",
  restore: "done:",
  mappings: "done:",
} as const;
