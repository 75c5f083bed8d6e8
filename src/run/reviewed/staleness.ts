import type { DatabaseState } from "../../core/frozen-plan.ts";
import { GodwitError } from "../../core/error.ts";
import type { HistoryRow } from "../ledger.ts";

/** One way in which a database is no longer as a plan found it. */
export interface Change {
  readonly what: "server" | "history" | "run" | "schema";
  readonly message: string;
  /** Unified difference, of the schema. */
  readonly diff?: string;
}

/** What has changed since the plan was made; empty where the plan still fits. */
export async function changesSince(
  planned: DatabaseState,
  now: DatabaseState,
  history: readonly HistoryRow[],
): Promise<Change[]> {
  return [
    ...serverChanges(planned, now),
    ...historyChanges(planned, now, history),
    ...runChanges(planned, now),
    ...(await schemaChanges(planned, now)),
  ];
}

/** Throws GW8101 with all that has changed. */
export async function refuseStale(
  planned: DatabaseState,
  now: DatabaseState,
  history: readonly HistoryRow[],
): Promise<void> {
  const changes = await changesSince(planned, now, history);
  if (changes.length === 0) return;
  throw new GodwitError("GW8101", {
    message: `the plan does not fit the database any more: ${changes.map(({ message }) => message).join("; ")}`,
    details: {
      changes: changes.map(({ what, message }) => ({ what, message })),
      edits: changes.flatMap(({ what, diff }) => (diff === undefined ? [] : [{ name: what, diff }])),
    },
  });
}

function serverChanges(planned: DatabaseState, now: DatabaseState): Change[] {
  if (planned.engine !== now.engine) {
    return [{ what: "server", message: `it was made for ${planned.version}, and this is ${now.version}` }];
  }
  const changes: Change[] = [];
  if (planned.database !== now.database) {
    const message = `it was made for the database ${planned.database}, and this is ${now.database}`;
    changes.push({ what: "server", message });
  }
  if (planned.settings !== now.settings) {
    const message = `it was made for ${planned.settings}, and this session has ${now.settings}`;
    changes.push({ what: "server", message });
  }
  // Where a server does not tell, nothing can be held against it.
  if (planned.server !== now.server && planned.server !== "" && now.server !== "") {
    const message = `it was made on the server ${planned.server}, and this is ${now.server}`;
    changes.push({ what: "server", message });
  }
  return changes;
}

function historyChanges(
  planned: DatabaseState,
  now: DatabaseState,
  history: readonly HistoryRow[],
): Change[] {
  if (planned.historyHead === now.historyHead) return [];
  const at = history.findIndex(({ rowHash }) => rowHash === planned.historyHead);
  if (at < 0 && planned.historyHead !== "") {
    return [
      { what: "history", message: "its history is another one: the row that the plan began at is gone" },
    ];
  }
  const since = history.slice(at + 1).map(({ action, name, actor, appliedAt }) => {
    return `${verbs[action]} ${name} (${actor}, ${appliedAt})`;
  });
  return [{ what: "history", message: `since then somebody ${since.join(", ")}` }];
}

const verbs: Readonly<Record<HistoryRow["action"], string>> = {
  apply: "applied",
  rollback: "rolled back",
  baseline: "recorded the baseline",
  accept: "accepted the edit of",
  forget: "forgot",
  reseal: "resealed the history:",
};

function runChanges({ unfinished: planned }: DatabaseState, { unfinished: now }: DatabaseState): Change[] {
  if (planned?.run === now?.run && String(planned?.steps) === String(now?.steps)) return [];
  const message =
    now === null
      ? `the unfinished run ${planned?.run}, with which it was to go on, is over`
      : planned?.run === now.run
        ? `the unfinished run ${now.run} has gone on`
        : `the run ${now.run} stopped halfway since then`;
  return [{ what: "run", message }];
}

async function schemaChanges(planned: DatabaseState, now: DatabaseState): Promise<Change[]> {
  if (planned.schema.hash === now.schema.hash) return [];
  const { createTwoFilesPatch } = await import("diff");
  const diff = createTwoFilesPatch(
    "schema (as planned)",
    "schema (now)",
    planned.schema.text,
    now.schema.text,
    "",
    "",
    { context: 2 },
  );
  return [{ what: "schema", message: "its schema was changed", diff }];
}
