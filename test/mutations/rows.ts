import type { Mutation } from "./mutation.ts";

const rows = "test/scenarios/row-snapshots.test.ts";
const others = "test/scenarios/row-snapshots-others.test.ts";
const edges = "test/scenarios/row-snapshots-edges.test.ts";
const restore = "src/run/perform/restore-rows.ts";
const keep = "src/run/row-snapshot/keep-rows.ts";

/** Rows that are kept before they are changed, and put back. */
export const rowMutations: readonly Mutation[] = [
  {
    name: "rows-changed-since",
    holds: "rows that were changed since are not put back",
    file: restore,
    text: "if (!step.overwrites) await refuseChanged(context, snapshot);",
    becomes: "",
    test: rows,
    on: "sqlite",
    title: "rows that were changed since are named, and nothing is put back",
  },
  {
    name: "rows-inserted-since",
    holds: "a deleted row that somebody has inserted again is not overwritten",
    file: restore,
    text: `() => "inserted again",
  );
  if (count === 0) return;`,
    becomes: `() => "inserted again",
  );
  if (found.every(({ what }) => what === "inserted again")) return;`,
    test: rows,
    on: "sqlite",
    title: "rows that were changed since are named, and nothing is put back",
  },
  {
    name: "rows-deleted-since",
    holds: "a row that somebody has deleted since is named",
    file: restore,
    text: `() => "deleted",`,
    becomes: `() => "inserted again",`,
    test: rows,
    on: "sqlite",
    title: "rows that were changed since are named, and nothing is put back",
  },
  {
    name: "rows-all-or-nothing",
    holds: "all rows that were kept are put back, or none",
    file: restore,
    text: "if (snapshots.length === step.snapshots.length && snapshots.length === kept.length) return snapshots;",
    becomes: "if (snapshots.length > 0) return snapshots;",
    test: others,
    title:
      "sqlite: rows go back all together, or none where file or setting would put back others than were kept",
  },
  {
    name: "rows-dropped",
    holds: "rows that were dropped are not put back",
    file: restore,
    text: `if (snapshot.state === "dropped") throw`,
    becomes: `if (snapshot.state === "") throw`,
    test: edges,
    on: "sqlite",
    title: "a down file says where; the schema has no part in it; what is dropped is gone",
  },
  {
    name: "rows-same-columns",
    holds: "rows go back only into a table with the columns that were kept",
    file: restore,
    text: "if (other.length > 0) {",
    becomes: "if (other.length < 0) {",
    test: edges,
    on: "sqlite",
    title: "a down file says where; the schema has no part in it; what is dropped is gone",
  },
  {
    name: "rows-as-they-were",
    holds: "rows that a trigger changes while they are put back are found",
    file: restore,
    text: "if (same !== snapshot.rows) {",
    becomes: "if (same < 0) {",
    test: edges,
    title: "mariadb: a limit without an order is held against what was kept; a trigger in the way is told",
  },
  {
    name: "rows-locked",
    holds: "what somebody commits while the rollback waits is not overwritten",
    file: restore,
    text: "if (sql !== null) await session.execute(sql);",
    becomes: "void sql;",
    test: others,
    on: "postgres",
    title: "what somebody commits while the rollback waits for it is not written over",
  },
  {
    name: "rows-kept-all",
    holds: "a statement that changes other rows than were kept is rolled back",
    file: keep,
    text: "if (lost || left || (affected !== null && affected !== rows)) {",
    becomes: "if (lost && left) {",
    test: edges,
    on: "postgres",
    title: "triggers, cascades, partitions, MERGE, another key, and conditions that are not what they were",
  },
  {
    name: "rows-key",
    holds: "rows of a table without a key are not changed",
    file: keep,
    text: "if (table.keys.length === 0) {",
    becomes: "if (table.keys.length < 0) {",
    test: rows,
    on: "sqlite",
    title: "a table without a key is refused before anything is changed",
  },
  {
    name: "rows-drop-asks",
    holds: "before kept rows are dropped the user is asked",
    file: "src/cli/actions/snapshots.ts",
    text: "await confirm(invocation, {",
    becomes: "await void confirm; void ({",
    test: "test/cli/command-line.test.ts",
    title: "before kept rows are dropped the command line asks",
  },
  {
    name: "rows-of-others",
    holds: "a table of which the ledger does not know is not dropped to make room",
    file: keep,
    text: "if (rows.length === 0) continue;",
    becomes: "if (rows.length >= 0) continue;",
    test: others,
    on: "mysql",
    title: "two databases that change one table keep their rows apart, and no rows of others are dropped",
  },
];
