import type { Mutation } from "./mutation.ts";

const history = "test/scenarios/history.test.ts";
const half = "test/scenarios/half-applied.test.ts";
const assess = "src/migrate/assess.ts";

/** Migrations: what stands in the way of applying and of rolling back, and what is tried again. */
export const migrationMutations: readonly Mutation[] = [
  {
    name: "migration-edited",
    holds: "a migration that was edited after it was applied stops everything",
    file: assess,
    text: `return migration.kind === "repeatable" ? "outdated" : "edited";`,
    becomes: `return migration.kind === "repeatable" ? "outdated" : "reformatted";`,
    test: history,
    on: "sqlite",
    title: "comments may be edited, SQL may not, and the difference is shown",
  },
  {
    name: "migration-file-gone",
    holds: "an applied migration without its file stops everything",
    file: assess,
    text: `errors.push(new GodwitError("GW5002", { message, details }));`,
    becomes: `warnings.push({ code: "GW5002", message: \`\${message}\${details.name}\` });`,
    test: history,
    on: "sqlite",
    title: "an applied migration without its file stops everything until it is forgotten",
  },
  {
    name: "migration-late",
    holds: "a migration that is older than the newest applied one is refused",
    file: assess,
    text: 'entry.outOfOrder && policies.outOfOrder !== "allow"',
    becomes: 'entry.outOfOrder && policies.outOfOrder === "warn"',
    test: history,
    on: "sqlite",
    title: "a migration merged late is refused, warned of or run, and never skipped",
  },
  {
    name: "ledger-newer",
    holds: "a ledger that is newer than the program is refused",
    file: "src/run/ledger.ts",
    text: "if (found <= known) return;",
    becomes: "if (found >= 0) return;",
    test: history,
    on: "sqlite",
    title: "a newer ledger and an unreadable one are errors, never an empty history",
  },
  {
    name: "half-file-gone",
    holds: "a half-applied migration cannot lose its file",
    file: assess,
    text: "if (entry.progress !== null && entry.fileMissing) {",
    becomes: 'if (entry.progress !== null && entry.name === "") {',
    test: half,
    on: "mariadb",
    title: "a half-applied migration cannot lose its file, nor be rolled back",
  },
  {
    name: "judge-commit",
    holds: "a migration file cannot end the transaction that records it",
    file: "src/engines/sqlite/judge.ts",
    text: 'throw refuse("GW2007", `${verb} would end',
    becomes: 'if (verb !== null) return transactional;\n      throw refuse("GW2007", `${verb} would end',
    test: "src/engines/sqlite/syntax.test.ts",
    title: "what Godwit does not run is told with its line",
  },
  {
    name: "rollback-half-applied",
    holds: "a half-applied migration is not rolled back",
    file: "src/migrate/rollback.ts",
    text: "  const [half] = halfDone(state).keys();\n  if (half === undefined) return;",
    becomes: '  const [half] = halfDone(state).keys();\n  if (half !== "") return;',
    test: half,
    on: "mariadb",
    title: "a half-applied migration cannot lose its file, nor be rolled back",
  },
  {
    name: "script-unawaited",
    holds: "a statement that nobody awaits is not recorded as done",
    file: "src/run/perform/script.ts",
    text: "throw misuse(step, `nothing awaits the statement",
    becomes: 'if (step.key === "") throw misuse(step, `nothing awaits the statement',
    test: "test/scenarios/exactly-once.test.ts",
    on: "sqlite",
    title: "a statement that nobody awaits is not recorded as done",
  },
];
