import type { RunReport } from "../../audit/index.ts";
import { bytesText, countText, durationText, numberText, timeText } from "../amounts.ts";

import {
  type Block,
  type Chart,
  type ChartSpan,
  type Document,
  type Fact,
  facts,
  heading,
  paragraph,
  type Table,
} from "./document.ts";

/** What became of a run, for people. */
export function reportDocument(report: RunReport): Document {
  const { status, database, madeAt } = report;
  return {
    title: `${status.kind} ${status.id.slice(0, 8)} on ${database}: ${status.state}`,
    blocks: [
      paragraph(`Made ${timeText(madeAt)} UTC from the ledger. All times are UTC.`),
      ...[
        statusSection(report),
        migrationSection(report),
        backupSection(report),
        validationSection(report),
        scriptSection(report),
        performanceSection(report),
        downtimeSection(report),
        auditSection(report),
      ].flatMap(blocksOf),
    ],
  };
}

interface Section {
  readonly title: string;
  readonly facts: readonly Fact[];
  readonly charts?: readonly Chart[];
  readonly tables: readonly Table[];
  readonly notes: readonly string[];
}

function blocksOf({ title, facts: list, charts = [], tables, notes }: Section): Block[] {
  return [heading(2, title), facts(list), ...charts, ...tables, ...notes.map(paragraph)];
}

function statusSection({ status, database }: RunReport): Section {
  const { error } = status;
  return {
    title: "Status",
    facts: [
      ["state", status.state],
      ["run", status.id],
      ["kind", status.kind],
      ["database", database],
      ["started", timeText(status.startedAt)],
      ["ended", status.finishedAt === null ? "it is not done" : timeText(status.finishedAt)],
      ["took", durationText(status.durationMs)],
      ["by", `${status.actor} on ${status.host}`],
      ["with", `Godwit ${status.tool}`],
      ["plan", status.planHash],
      ...(status.undoes === null
        ? []
        : [
            ["undoes run", status.undoes.of] as const,
            ["schema after it", schemaText(status.undoes)] as const,
          ]),
      ...(status.undoneBy === null ? [] : [["undone by run", status.undoneBy] as const]),
      ...(error === null
        ? []
        : [
            ["error", `${textOf(error.code)} ${textOf(error.message)}`] as const,
            ["next", textOf(error.hint)] as const,
          ]),
    ],
    tables: [
      table("Attempts", ["attempt", "began", "ended", "as", "by", "error"], [0], status.attempts, (each) => [
        String(each.epoch),
        timeOf(each.startedAt),
        timeOf(each.endedAt),
        each.end,
        each.actor ?? "",
        each.error ?? "",
      ]),
      table("Approvals", ["approved by", "author", "ticket", "at"], [], status.approvals, (each) => [
        each.approver,
        each.author,
        each.ticket ?? "",
        timeText(each.approvedAt),
      ]),
      table("Gates", ["gate", "outcome", "reason"], [], lastOfEach(status.gates), (each) => [
        each.gate,
        each.outcome,
        each.reason,
      ]),
      table("Operators' commands", ["at", "command", "value", "by", "from"], [], status.controls, (each) => [
        timeText(each.at),
        each.command,
        each.value ?? "",
        each.actor,
        each.host,
      ]),
      table("Warnings", ["at", "code", "message"], [], status.warnings, (each) => [
        timeText(each.at),
        each.code,
        each.message,
      ]),
    ],
    notes: [],
  };
}

function schemaText({ verified, different }: NonNullable<RunReport["status"]["undoes"]>): string {
  if (verified === null) return "not compared with the one before the run";
  return verified ? "as before the run" : `not as before the run: ${different.join(", ")}`;
}

function migrationSection({ migration }: RunReport): Section {
  const { changes, steps, tables, objects } = migration;
  return {
    title: "Migration",
    facts: [
      [
        "steps",
        [
          `${steps.done} done`,
          ...(steps.open > 0 ? [`${steps.open} begun`] : []),
          ...(steps.failed > 0 ? [`${steps.failed} failed`] : []),
        ].join(", "),
      ],
    ],
    tables: [
      table("History", ["row", "what", "version", "name", "at", "took"], [0, 5], changes, (each) => [
        String(each.row),
        each.action,
        each.version,
        each.name,
        timeText(each.appliedAt),
        durationText(each.durationMs),
      ]),
      table("Tables", ["table", "rows", "size", "chunks", "set aside"], [1, 2, 3, 4], tables, (each) => [
        each.table,
        numberText(each.rows),
        bytesText(each.bytes),
        `${each.chunksDone} of ${each.chunks}`,
        numberText(each.quarantined),
      ]),
      table("Objects that were made", ["what", "name"], [], objects.made, (each) => [each.what, each.name]),
      table("Objects that were not made", ["what", "name", "why"], [], objects.undone, (each) => [
        each.what,
        each.name,
        each.reason,
      ]),
    ],
    notes: [],
  };
}

function backupSection({ backup }: RunReport): Section {
  const { artifacts, made } = backup;
  return {
    title: "Backup",
    facts: [],
    tables: [
      table(
        "Backups and snapshots",
        ["kind", "name", "state", "made", "restore proved"],
        [],
        artifacts,
        (each) => [
          each.kind,
          each.name,
          each.state,
          timeText(each.createdAt),
          timeOf(each.verifiedAt) || "no",
        ],
      ),
      table("Made by this run", ["at", "file", "size"], [2], made, (each) => [
        timeText(each.at),
        each.file,
        bytesText(each.bytes),
      ]),
    ],
    notes:
      artifacts.length + made.length === 0 ? ["The ledger knows of no backup that belongs to this run."] : [],
  };
}

function validationSection({ validation }: RunReport): Section {
  const { tables, settled } = validation;
  const different = tables.filter(({ differences }) => differences > 0).length;
  return {
    title: "Validation",
    facts:
      tables.length === 0
        ? []
        : [
            [
              "tables",
              different === 0 ? `${tables.length} equal` : `${different} of ${tables.length} differ`,
            ],
          ],
    tables: [
      table("Compared tables", ["table", "rows", "differences", "by", "took"], [1, 2, 4], tables, (each) => [
        each.table,
        numberText(each.rows),
        numberText(each.differences),
        each.by,
        durationText(each.durationMs),
      ]),
      table(
        "Steps whose outcome was asked for",
        ["step", "outcome", "by the word of"],
        [],
        settled,
        (each) => [each.key, each.outcome, each.by],
      ),
    ],
    notes: tables.length === 0 ? ["The run compared no tables."] : [],
  };
}

function scriptSection({ scripts }: RunReport): Section {
  return {
    title: "Scripts",
    facts: [],
    tables: [
      table("Steps", ["step", "what", "state", "began", "took"], [4], folded(scripts), (each) => [
        each.key,
        each.title,
        each.state,
        timeText(each.startedAt),
        each.durationMs === null ? "" : durationText(each.durationMs),
      ]),
    ],
    notes: [],
  };
}

/** A run that goes on passes them once more; how they stood when it did is what counts. */
function lastOfEach(gates: RunReport["status"]["gates"]) {
  return [...new Map(gates.map((each) => [each.gate, each])).values()];
}

type Script = RunReport["scripts"][number];
/** A script's statements beyond so many of one kind are told as one. */
const mostAlike = 5;

function folded(scripts: readonly Script[]): readonly Script[] {
  const groups = Map.groupBy(scripts, ({ key, title, state }) => {
    const [step, part] = key.split("#");
    return part === undefined ? key : JSON.stringify([step, title, state]);
  });
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length <= mostAlike) return group;
    const key = first.key.split("#")[0] ?? first.key;
    const durationMs = group.reduce((sum, each) => sum + (each.durationMs ?? 0), 0);
    return [{ ...first, key, title: `${group.length} times ${first.title}`, durationMs }];
  });
}

function performanceSection(report: RunReport): Section {
  const { performance } = report;
  const { rows, bytes, rowsPerSecond, statements, retries, connectionsLost, slowest, pauses, pausedMs } =
    performance;
  return {
    title: "Performance",
    facts: [
      ["statements", numberText(statements)],
      ["rows", numberText(rows)],
      ...(bytes > 0 ? [["size", bytesText(bytes)] as const] : []),
      ...(rowsPerSecond === null ? [] : [["rate", `${numberText(rowsPerSecond)} rows a second`] as const]),
      ["retries", numberText(retries)],
      ["connections lost", numberText(connectionsLost)],
      [
        "pauses",
        pauses.length === 0 ? "none" : `${countText(pauses.length, "pause")}, ${durationText(pausedMs)}`,
      ],
    ],
    charts: chartsOf(report),
    tables: [
      table("Pauses", ["at", "for", "signal", "why"], [1], pauses, (each) => [
        timeText(each.at),
        each.pausedMs === null ? "" : durationText(each.pausedMs),
        each.signal,
        each.reason,
      ]),
      table(
        "Slowest statements",
        ["step", "statement", "line", "rows", "took"],
        [2, 3, 4],
        slowest,
        (each) => [
          each.key,
          each.label,
          String(each.line),
          each.rows === null ? "" : numberText(each.rows),
          durationText(each.durationMs),
        ],
      ),
    ],
    notes: [],
  };
}

function downtimeSection({ downtime }: RunReport): Section {
  const { totalMs, longestMs, windows, mostWaiting } = downtime;
  return {
    title: "Downtime",
    facts: [
      ["at most", durationText(totalMs)],
      ["longest", durationText(longestMs)],
      ...(mostWaiting === null ? [] : [["most sessions waiting", numberText(mostWaiting)] as const]),
    ],
    tables: [
      table("Locks on whole tables", ["step", "statement", "since", "held"], [3], windows, (each) => [
        each.key,
        each.label,
        timeText(each.at),
        durationText(each.heldMs),
      ]),
    ],
    notes: [
      windows.length === 0
        ? "No statement that locks a whole table was recorded."
        : "A bound, not a measurement: for so long statements that lock whole tables were at work or their transactions open. Whoever needed those tables may have waited as long.",
    ],
  };
}

function auditSection({ head }: RunReport): Section {
  return {
    title: "Audit",
    facts: head === null ? [] : [["head of the event log", `${head.seq}:${head.hash}`]],
    tables: [],
    notes: [
      head === null
        ? "The ledger has no event log."
        : "Keep this head outside of the database: `godwit audit verify --expect-head` tells later whether the log still holds what it held now.",
    ],
  };
}

function chartsOf({ status, performance }: RunReport): Chart[] {
  const { rate, lag, pauses } = performance;
  const from = status.startedAt;
  const to = new Date(Date.parse(from) + Math.max(1, status.durationMs)).toISOString();
  const spans = pauses.map(({ at, pausedMs, signal, reason }): ChartSpan => {
    const end = pausedMs === null ? to : new Date(Date.parse(at) + pausedMs).toISOString();
    return { from: at, to: end, label: `paused at ${timeText(at)} by ${signal}: ${reason}` };
  });
  const shaded = pauses.length === 0 ? "" : "; pauses are shaded";
  const shared = { kind: "chart", from, to, spans } as const;
  const found = [
    { ...shared, title: `Rows a second${shaded}`, samples: rate, valueText: numberText },
    { ...shared, title: `Replication lag${shaded}`, samples: lag, valueText: durationText },
  ].filter(({ samples }) => samples.length > 0);
  if (found.length > 0 || spans.length === 0) return found;
  // Without rows or a replica the pauses still have their place in time.
  return [{ ...shared, title: "Pauses", samples: [], valueText: numberText }];
}

function table<T>(
  caption: string,
  head: readonly string[],
  right: readonly number[],
  items: readonly T[],
  cells: (item: T) => readonly string[],
): Table {
  return { kind: "table", caption, head, right, rows: items.map(cells) };
}

function timeOf(iso: string | null): string {
  return iso === null ? "" : timeText(iso);
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
