import type { Traits } from "../engine.ts";

export const traits: Traits = Object.freeze({
  title: "SQLite",
  transactionalDdl: true,
  concurrentIndex: false,
  lockTimeout: true,
  // The server is this process.
  statementsOutliveClient: false,
  cancellable: false,
  // SQLite has no limit of its own; a name is bounded by the length of a statement only.
  refusesName: () => null,
  fitName: (name: string) => name,
  sharedNames: { indexes: true, constraints: false },
  distinguishesCase: false,
  quote: (name: string) => `"${name.replaceAll('"', '""')}"`,
  placeholder: () => "?",
});
