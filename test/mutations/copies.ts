import type { Mutation } from "./mutation.ts";

/** Copies: what is proved, and what is dropped. */
export const copyMutations: readonly Mutation[] = [
  {
    name: "copy-phase-proof",
    holds: "a phase that differs from its source ends the copy",
    file: "src/run/perform/phase-gate.ts",
    text: "if (different.length === 0) return;",
    becomes: "if (different.length >= 0) return;",
    test: "test/scenarios/copy-phases.test.ts",
    title:
      "postgres → postgres: it stops at each gate, goes on from a source that has changed, and sees what others wrote",
  },
  {
    name: "copy-phase-asked",
    holds: "what a phase has copied is held against the source",
    file: "src/run/perform/copy-rows.ts",
    text: "await passPhaseGate({",
    becomes: "void passPhaseGate; void ({",
    test: "test/scenarios/copy-phases.test.ts",
    title:
      "postgres → postgres: it stops at each gate, goes on from a source that has changed, and sees what others wrote",
  },
  {
    name: "copy-compare",
    holds: "a copy that differs from its source is none",
    file: "src/run/perform/compare.ts",
    text: "if (differences > 0) different.push({ table: name, differences, rows: found.listed });",
    becomes: "",
    test: "test/scenarios/copy-read-back.test.ts",
    title: "what the target has made of a row is found",
  },
  {
    name: "copy-read-back",
    holds: "rows that are read back and differ are looked for",
    file: "src/run/perform/compare.ts",
    text: "return isSame\n      ?",
    becomes: "return isSame || rows >= 0n\n      ?",
    test: "test/scenarios/copy-read-back.test.ts",
    title: "what the target has made of a row is found",
  },
  {
    name: "copy-orphans",
    holds: "rows that refer to rows that are not there are found",
    file: "src/run/perform/compare.ts",
    text: "if (different.length === 0 && orphans.length > 0) {",
    becomes: "if (different.length === 0 && orphans.length < 0) {",
    test: "test/scenarios/copy-into.test.ts",
    title: "sqlite: rows that refer to rows that are not there are named, and the copy is none",
  },
  {
    name: "copy-restart-columns",
    holds: "a restart does not drop a table that is another one by now",
    file: "src/copy/still-made.ts",
    text: 'if (alike.length === 0) refuse("has other',
    becomes: 'if (alike.length < 0) refuse("has other',
    test: "test/scenarios/copy-restart.test.ts",
    title: "a table or a view that somebody made since the kill is theirs, whatever its name",
  },
];
