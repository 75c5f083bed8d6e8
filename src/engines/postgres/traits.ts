import type { Traits } from "../engine.ts";
import { identifierBytes, objectName } from "./object-name.ts";

export const traits: Traits = Object.freeze({
  title: "PostgreSQL",
  transactionalDdl: true,
  concurrentIndex: true,
  lockTimeout: true,
  statementsOutliveClient: true,
  cancellable: true,
  refusesName: (name: string) =>
    objectName(name) === name ? null : `is longer than the ${identifierBytes} bytes that PostgreSQL keeps`,
  fitName: objectName,
  sharedNames: { indexes: true, constraints: false },
  distinguishesCase: true,
  quote: (name: string) => `"${name.replaceAll('"', '""')}"`,
  only: "ONLY ",
  overriding: "OVERRIDING SYSTEM VALUE",
  placeholder: (n: number) => `$${n}`,
});
