/** The conditions that a plan may have to meet before anything is written, in the order in which they are told. */
export const gateNames = [
  "environment",
  "ticket",
  "approval",
  "impact",
  "backup",
  "staging",
  "rollback",
  "snapshot",
  "phases",
] as const;

export type GateName = (typeof gateNames)[number];
