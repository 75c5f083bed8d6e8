import type { Traits } from "../engine.ts";
import { fitName, refusesName } from "./object-name.ts";

export const traits: Traits = Object.freeze({
  title: "MySQL or MariaDB",
  // Every DDL statement commits the transaction it stands in.
  transactionalDdl: false,
  concurrentIndex: false,
  lockTimeout: true,
  statementsOutliveClient: true,
  cancellable: true,
  refusesName,
  fitName,
  // The checks of MariaDB are their table's.
  sharedNames: { indexes: false, constraints: true },
  distinguishesCase: false,
  quote: (name: string) => `\`${name.replaceAll("`", "``")}\``,
  placeholder: () => "?",
});
