import type { Traits } from "../engine.ts";

export const traits: Traits = Object.freeze({
  title: "PostgreSQL",
  transactionalDdl: true,
  concurrentIndex: true,
  lockTimeout: true,
  statementsOutliveClient: true,
  cancellable: true,
  identifierBytes: 63,
  distinguishesCase: true,
  quote: (name: string) => `"${name.replaceAll('"', '""')}"`,
  placeholder: (n: number) => `$${n}`,
});
