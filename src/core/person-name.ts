import { GodwitError } from "./error.ts";

/** A name that can be read in a table and kept in a ledger. */
export function personName(name: string, what: string): string {
  const trimmed = name.trim();
  if (trimmed !== "" && trimmed.length <= 200 && !/\p{C}/u.test(trimmed)) return trimmed;
  throw new GodwitError("GW1001", {
    message: `${what}: expected a name of at most 200 characters, without control characters`,
    details: { what },
  });
}
