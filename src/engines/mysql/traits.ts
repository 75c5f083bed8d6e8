import type { Traits } from "../engine.ts";

export const traits: Traits = Object.freeze({
  title: "MySQL or MariaDB",
  // Every DDL statement commits the transaction it stands in.
  transactionalDdl: false,
  concurrentIndex: false,
  lockTimeout: true,
  statementsOutliveClient: true,
  cancellable: true,
  // The limit is 64 characters of the basic plane; counted in bytes, a name this long fits whatever it holds.
  identifierBytes: 64,
  distinguishesCase: false,
  quote: (name: string) => `\`${name.replaceAll("`", "``")}\``,
  placeholder: () => "?",
});
