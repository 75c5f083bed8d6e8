import type { HistoryRow } from "../run/ledger.ts";
import type { LoggedEvent } from "./read-events.ts";
import type { AuditFinding } from "./verify-chain.ts";

/** What the ledger's other tables say. */
export interface Records {
  readonly runs: readonly RunFacts[];
  readonly steps: readonly StepFacts[];
  readonly history: readonly HistoryRow[];
  /** Since when runs have an event log. */
  readonly loggedSince: string;
}

export interface RunFacts {
  readonly id: string;
  readonly kind: string;
  readonly state: string;
  readonly epoch: number;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  /** The run whose work this one undoes. */
  readonly undoes: string | null;
}

export interface StepFacts {
  readonly runId: string;
  readonly key: string;
  readonly epoch: number;
  readonly state: string;
}

interface Epoch {
  /** How its process says that it ended; null where it was killed, or cut off. */
  closing: "done" | "resumable" | "blocked" | null;
  readonly keys: Set<string>;
}

/** What the event log says of runs, steps and the history, gathered while it is read. */
export class Testimony {
  readonly #runs = new Map<string, Map<number, Epoch>>();
  /** Hash by number of the history's row. */
  readonly #history = new Map<number, string>();

  add({ runId, epoch, type, facts }: LoggedEvent): void {
    const epochs = this.#runs.get(runId) ?? new Map<number, Epoch>();
    this.#runs.set(runId, epochs);
    const own = epochs.get(epoch) ?? { closing: null, keys: new Set<string>() };
    epochs.set(epoch, own);
    if (type === "run:finished") own.closing = "done";
    else if (type === "run:stopped") own.closing = facts.state === "blocked" ? "blocked" : "resumable";
    else if (type === "history:written") this.#history.set(Number(facts.row), String(facts.rowHash));
    if (typeof facts.key === "string" && !type.endsWith(":started")) own.keys.add(facts.key);
  }

  /** Holds it against the ledger's other tables. A process that was killed is heard as far as it could speak. */
  compare(records: Records): { findings: readonly AuditFinding[]; notes: readonly string[] } {
    const findings = [
      ...records.runs.flatMap((run) => this.#aboutRun(run, records)),
      ...this.#runsWithoutRow(records),
      ...this.#aboutHistory(records),
      ...this.#aboutSteps(records),
    ];
    return { findings, notes: this.#notes(records) };
  }

  #aboutRun(run: RunFacts, { runs, loggedSince }: Records): AuditFinding[] {
    const closing = this.#runs.get(run.id)?.get(run.epoch)?.closing ?? null;
    const finding = (message: string): AuditFinding[] => [
      { what: "run", seq: null, message: `run ${run.id} ${message}` },
    ];
    if (run.state === "done") {
      if (closing === "done" || run.startedAt < loggedSince) return [];
      // A run that begins ends those that were given up, at the same moment.
      const isEnded = runs.some(({ id, startedAt }) => id !== run.id && startedAt === run.finishedAt);
      if (closing === null && isEnded) return [];
      return finding(
        "is done, and the log does not tell of its end: its last events were removed, or could not be written (GW5021)",
      );
    }
    if (run.state === "rolling-back" || run.state === "rolled-back") {
      const undo = runs.find(({ undoes }) => undoes === run.id);
      const isSo = run.state === "rolling-back" || undo?.state === "done";
      // What a run of files has done is undone at any time; of the others, what an aborted one has.
      const canBe = closing !== "done" || run.kind === "mappings";
      if (canBe && undo !== undefined && isSo) return [];
      return finding(`is ${run.state}, and there is no run that has undone it`);
    }
    if (closing === null || closing === run.state) return [];
    return finding(`is ${run.state}, and the log says that it ended as ${closing}`);
  }

  #runsWithoutRow({ runs }: Records): AuditFinding[] {
    const known = new Set(runs.map(({ id }) => id));
    return [...this.#runs.keys()]
      .filter((id) => !known.has(id))
      .map((id) => ({
        what: "run",
        seq: null,
        message: `run ${id}, of which the log tells, has no row any more`,
      }));
  }

  #aboutHistory({ history }: Records): AuditFinding[] {
    // What stands before a reseal row was accepted as it was then.
    const sealed = history.findLast(({ action }) => action === "reseal")?.seq ?? 0;
    const rows = new Map(history.map((row) => [row.seq, row]));
    const finding = (message: string): AuditFinding => ({ what: "history", seq: null, message });
    const told = [...this.#history].flatMap(([seq, hash]) => {
      if (seq < sealed) return [];
      const row = rows.get(seq);
      if (row === undefined) return finding(`history row ${seq}, of which the log tells, is gone`);
      return row.rowHash === hash
        ? []
        : finding(`history row ${seq} (${row.action} ${row.name}) was written anew`);
    });
    const untold = history
      .filter(
        ({ seq, runId, epoch }) => seq >= sealed && this.#hasSpoken(runId, epoch) && !this.#history.has(seq),
      )
      .map(({ seq, action, name }) =>
        finding(`history row ${seq} (${action} ${name}) is not in its run's log`),
      );
    return [...told, ...untold];
  }

  #aboutSteps({ steps }: Records): AuditFinding[] {
    return steps
      .filter(
        ({ runId, epoch, state, key }) =>
          state === "done" && this.#hasSpoken(runId, epoch) && !this.#tellsOf(runId, epoch, key),
      )
      .map(({ runId, key }) => ({
        what: "step",
        seq: null,
        message: `step ${key} of run ${runId} is done, and the run's log does not tell of it`,
      }));
  }

  /** Whether the process reached its end, so that all it did is in the log. */
  #hasSpoken(runId: string, epoch: number): boolean {
    return (this.#runs.get(runId)?.get(epoch)?.closing ?? null) !== null;
  }

  /** A part of a step (KEY#n) is told of with it. */
  #tellsOf(runId: string, epoch: number, key: string): boolean {
    const keys = this.#runs.get(runId)?.get(epoch)?.keys;
    return keys?.has(key) === true || keys?.has(key.replace(/#.*$/s, "")) === true;
  }

  #notes({ runs, loggedSince }: Records): string[] {
    const older = runs.filter(({ startedAt }) => startedAt < loggedSince).length;
    const cut = [...this.#runs].flatMap(([id, epochs]) =>
      [...epochs].filter(([, { closing }]) => closing === null).map(([epoch]) => ({ id, epoch })),
    );
    return [
      ...(older === 0 ? [] : [`${older} ${older === 1 ? "run is" : "runs are"} older than the event log`]),
      ...cut.map(
        ({ id, epoch }) =>
          `run ${id}, attempt ${epoch}: its process did not come to its end, so its last events may never have been written`,
      ),
    ];
  }
}
