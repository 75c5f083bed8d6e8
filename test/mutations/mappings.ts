import type { Mutation } from "./mutation.ts";

const scenario = "test/scenarios/mappings.test.ts";
const meanwhile = "test/faults/mappings-meanwhile.test.ts";
const crash = "test/faults/mappings-crash.test.ts";
const beside = "src/run/files/write-beside.ts";
const place = "src/run/perform/mappings-place.ts";

/** Mapping databases: what is replaced, what is proved before, and what a rollback puts back. */
export const mappingsMutations: readonly Mutation[] = [
  {
    name: "mappings-backup-sum",
    holds: "only the bytes that were backed up are put back",
    file: "src/run/perform/mappings-restore.ts",
    text: "if (isSameContent(found, mark)) return;",
    becomes: "if (found !== null || isSameContent(found, mark)) return;",
    test: scenario,
    title: "replaces a file only when told to, backs it up first, and puts its bytes back",
  },
  {
    name: "mappings-changed-since",
    holds: "a file that was changed since is not rolled back unasked",
    file: "src/mappings/rollback.ts",
    text: "if (!isSameContent(found, left.mark) && !force) {",
    becomes: "if (!isSameContent(found, left.mark) && !force && found === null) {",
    test: scenario,
    title: "replaces a file only when told to, backs it up first, and puts its bytes back",
  },
  {
    name: "mappings-link",
    holds: "the file that a link leads to is replaced, and not the link",
    file: "src/mappings/locate.ts",
    text: "?.isSymbolicLink() === true)",
    becomes: "?.isSymbolicLink() === undefined)",
    test: scenario,
    title: "a linked output keeps its link, and all its names have one journal",
  },
  {
    name: "mappings-journal-rights",
    holds: "the journal is its owner's alone",
    file: "src/mappings/journal.ts",
    text: "flags, 0o600",
    becomes: "flags, 0o644",
    test: scenario,
    title: "merges the default files, compares the formats, and is rolled back to nothing",
  },
  {
    name: "mappings-others-output",
    holds: "what somebody else has written meanwhile is not replaced",
    file: place,
    text: "refuseChanged(output, before, there);",
    becomes: "",
    test: meanwhile,
    title: "an output that somebody else writes meanwhile is theirs",
  },
  {
    name: "mappings-clears-partial",
    holds: "an attempt that ends leaves nothing beside the output",
    file: beside,
    text: "await unlink(file).catch(() => {});",
    becomes: "",
    test: meanwhile,
    title: "Ctrl-C leaves the old file and nothing beside it, and the same command goes on",
  },
  {
    name: "mappings-read-back",
    holds: "what was written holds what was read",
    file: "src/run/perform/mappings-check.ts",
    text: "if (different.length > 0) throw",
    becomes: "if (different.length > 99) throw",
    test: meanwhile,
    title: "a file that is not what was written takes no place, and the same command writes it anew",
  },
  {
    name: "mappings-other-input",
    holds: "what is read again is what was looked at",
    file: "src/run/mappings/read-inputs.ts",
    text: "if (sha256 !== before[n]?.sha256) throw",
    becomes: 'if (sha256 === "") throw',
    test: meanwhile,
    title: "an input that is another one when it is read again is refused",
  },
  {
    name: "mappings-litter",
    holds: "what a run that is given up has left is removed",
    file: "src/mappings/migrate.ts",
    text: "litter: open === null ? [] :",
    becomes: "litter: open !== null || open === null ? [] :",
    test: meanwhile,
    title: "a run that was asked for something else stands in the way only when its file is in place",
  },
  {
    name: "mappings-placed",
    holds: "a file that has its name already is taken for placed",
    file: place,
    text: "if (beside === null && isSameContent(there, mark)) return;",
    becomes: "",
    test: crash,
    title: "the same command ends it, and so does a rollback",
  },
  {
    name: "mappings-goes-on",
    holds: "a run whose file is in place goes on",
    file: "src/mappings/unfinished.ts",
    text: "if (changed === null) return { goesOn: true, runId, intent };",
    becomes: "",
    test: crash,
    title: "the same command ends it, and so does a rollback",
  },
  {
    name: "mappings-own-run",
    holds: "a run of another host with this process's number is not our own",
    file: "src/run/own-run.ts",
    text: " && run.host === hostname()",
    becomes: "",
    test: "test/faults/own-run.test.ts",
    title: "a run of another host is not taken for our own because its process has our number",
  },
];
