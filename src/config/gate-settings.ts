import { GodwitError } from "../core/error.ts";
import type { GateName } from "../core/gate-names.ts";
import { readPublicKey } from "../core/ssh-key.ts";
import { parseDuration } from "./duration.ts";

/** What a database is for; it decides which conditions a plan has to meet. */
export const environments = ["production", "staging", "development", "sandbox"] as const;
export type EnvironmentName = (typeof environments)[number];

/** Who may approve: by name, with the public key that has to sign, or null. */
export type Approvers = Readonly<Record<string, string | null>>;

/** What the server must say of itself. */
export interface Expectation {
  readonly database?: string;
  readonly host?: string;
  readonly port?: number;
  readonly server?: string;
}

/** What differs from the environment's own demands. */
export interface GateSettings {
  readonly environment?: boolean;
  readonly confirm?: boolean;
  readonly ticket?: boolean;
  readonly approvals?: number;
  readonly impact?: boolean;
  readonly backup?: string | false;
  readonly staging?: boolean;
  readonly rollback?: string | false;
  readonly snapshot?: boolean;
  readonly phases?: boolean;
  readonly skip?: readonly GateName[];
}

/*
 * The readers below are given what gate-shapes.ts has let through: a file's shape is checked when it is read, and these
 * settings come from nowhere else.
 */

interface Place {
  readonly what: string;
  readonly code: "GW1001" | "GW1004";
}

export function readEnvironmentName(value: unknown, place: Place): EnvironmentName | null {
  if (value === null) return null;
  const found = environments.find((name) => name === value);
  if (found === undefined) throw wrong(place, `one of ${environments.join(", ")}`);
  return found;
}

/** Keys as they are compared: kind and bytes, without the comment. */
export function readApprovers(value: unknown, place: Place): Approvers | null {
  if (value === null) return null;
  const entries = Object.entries(value as Approvers).map(([name, written]) => {
    const key = written === null ? null : readPublicKey(written);
    if (written !== null && key === null) {
      throw wrong(
        place,
        `a public key of the kind ssh-ed25519 for ${JSON.stringify(name)}, as it stands in its .pub file, or null`,
      );
    }
    return [name, key] as const;
  });
  return Object.fromEntries(entries);
}

export function readExpectation(value: unknown): Expectation | null {
  return value as Expectation | null;
}

export function readGates(value: unknown, place: Place): GateSettings | null {
  const gates = value as GateSettings | null;
  for (const key of ["backup", "rollback"] as const) {
    const limit = gates?.[key];
    if (typeof limit === "string") parseDuration(limit, { ...place, what: `${place.what}: ${key}` });
  }
  return gates;
}

function wrong({ what, code }: Place, expected: string): GodwitError {
  return new GodwitError(code, { message: `${what}: expected ${expected}.`, details: { what } });
}
