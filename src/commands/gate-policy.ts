import { parseDuration } from "../config/duration.ts";
import type { GateSettings } from "../config/gate-settings.ts";
import type { ResolvedConfig } from "../config/resolve.ts";
import { didYouMean } from "../config/did-you-mean.ts";
import { GodwitError } from "../core/error.ts";
import { type GateName, gateNames } from "../core/gate-names.ts";
import {
  demandsOf,
  type Demands,
  type GatePolicy,
  noGates,
  type StagingDatabase,
} from "../run/gates/policy.ts";

/** What a caller says to the gates. */
export interface GateWords {
  /** The database's name, where the environment demands that somebody types it. */
  readonly confirm?: string | undefined;
  /** Gates that are passed though they are closed, each with the reason, where the configuration allows it. */
  readonly skipGates?: Readonly<Record<string, string>> | undefined;
  /** Dangers of the plan that are agreed to, by their types. */
  readonly allowDangers?: readonly string[] | undefined;
}

/** What the configuration demands of plans for its database, with what the caller says to it. */
export function gatePolicyOf(
  config: ResolvedConfig,
  said: GateWords,
  openStaging: () => Promise<StagingDatabase | null>,
): GatePolicy {
  const { environment, gates } = config;
  const demands = adjusted(demandsOf[environment ?? ""] ?? noGates.demands, gates);
  return {
    // Gates that are set one by one make an environment of their own.
    environment: environment ?? (gates === null ? null : "this configuration"),
    demands,
    skippable: gates?.skip ?? (environment === "production" ? [] : gateNames),
    skips: Object.entries(said.skipGates ?? {}).map(([name, reason]) => skipOf(name, reason)),
    approvers: config.approvers,
    expect: config.expect,
    confirmed: said.confirm ?? null,
    accepted: said.allowDangers ?? [],
    openStaging,
  };
}

function adjusted(demands: Demands, gates: GateSettings | null): Demands {
  if (gates === null) return demands;
  const limit = (value: string | false | undefined, usual: number | null) =>
    value === undefined ? usual : value === false ? null : parseDuration(value, { what: "gates" });
  return {
    environment: gates.environment ?? demands.environment,
    confirm: gates.confirm ?? demands.confirm,
    ticket: gates.ticket ?? demands.ticket,
    approvals: gates.approvals ?? demands.approvals,
    impact: gates.impact ?? demands.impact,
    backupMs: limit(gates.backup, demands.backupMs),
    staging: gates.staging ?? demands.staging,
    rollbackMs: limit(gates.rollback, demands.rollbackMs),
    snapshot: gates.snapshot ?? demands.snapshot,
    phases: gates.phases ?? demands.phases,
  };
}

function skipOf(name: string, reason: string): { gate: GateName; reason: string } {
  const gate = gateNames.find((each) => each === name);
  if (gate === undefined) {
    throw new GodwitError("GW1001", {
      message: `there is no gate ${JSON.stringify(name)}${didYouMean(name, gateNames) || "."}`,
      hint: `The gates are ${gateNames.join(", ")}.`,
    });
  }
  if (reason.trim() === "") {
    throw new GodwitError("GW1001", { message: `the gate ${name} is skipped for a reason: ${name}=REASON` });
  }
  return { gate, reason: reason.trim() };
}
