import type { GateName } from "../../core/gate-names.ts";
import type { Engine, Session } from "../../engines/engine.ts";
import type { AllowedApprovers } from "../reviewed/check-approvals.ts";

/** What a plan has to meet before anything is written. */
export interface GatePolicy {
  /** "production", "staging", …; null where none is set, and then nothing is demanded. */
  readonly environment: string | null;
  readonly demands: Demands;
  /** Gates that may be skipped, for a reason that is kept. */
  readonly skippable: readonly GateName[];
  readonly skips: readonly { readonly gate: GateName; readonly reason: string }[];
  readonly approvers: AllowedApprovers;
  /** What the server must say of itself. */
  readonly expect: {
    readonly database?: string;
    readonly host?: string;
    readonly port?: number;
    readonly server?: string;
  } | null;
  /** The database's name as somebody has typed it. */
  readonly confirmed: string | null;
  /** Dangers that were agreed to on the command line, by their types. */
  readonly accepted: readonly string[];
  /** Opens the database where the plan must have run; gives null where none is configured. */
  readonly openStaging: () => Promise<StagingDatabase | null>;
}

export interface Demands {
  /** The server is asked which database it is. */
  readonly environment: boolean;
  /** And its name is typed. */
  readonly confirm: boolean;
  readonly ticket: boolean;
  /** How many; 0 is none. */
  readonly approvals: number;
  readonly impact: boolean;
  /** How old a backup may be; null: none is needed. */
  readonly backupMs: number | null;
  readonly staging: boolean;
  /** How long the way back may take in its rehearsal; null: none is needed. */
  readonly rollbackMs: number | null;
  /** Changes of rows that are there keep them first. */
  readonly snapshot: boolean;
  /** A copy goes from a few rows to the whole in phases, each of them proved. */
  readonly phases: boolean;
}

export interface StagingDatabase extends AsyncDisposable {
  readonly engine: Engine;
  readonly session: Session;
  readonly display: string;
}

const nothing: Demands = {
  environment: false,
  confirm: false,
  ticket: false,
  approvals: 0,
  impact: false,
  backupMs: null,
  staging: false,
  rollbackMs: null,
  snapshot: false,
  phases: false,
};

const day = 24 * 60 * 60_000;
const rollbackBudget = 10 * 60_000;

/** What each environment demands by itself. */
export const demandsOf: Readonly<Record<string, Demands>> = {
  production: {
    environment: true,
    confirm: true,
    ticket: true,
    approvals: 1,
    impact: true,
    backupMs: day,
    staging: true,
    rollbackMs: rollbackBudget,
    snapshot: true,
    phases: true,
  },
  staging: { ...nothing, environment: true, rollbackMs: rollbackBudget },
  development: { ...nothing, environment: true },
  sandbox: nothing,
};

/** Where no environment is set. */
export const noGates: GatePolicy = {
  environment: null,
  demands: nothing,
  skippable: [],
  skips: [],
  approvers: null,
  expect: null,
  confirmed: null,
  accepted: [],
  openStaging: async () => null,
};
