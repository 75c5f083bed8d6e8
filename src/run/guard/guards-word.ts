import { GodwitError } from "../../core/error.ts";
import type { ErrorCode } from "../../core/error-catalog.ts";

const codes: ReadonlySet<ErrorCode> = new Set(["GW8001", "GW8002", "GW8003"]);

/** Whether a run ends because its guard says so, and not because something failed. */
export function isGuardsWord(error: unknown): error is GodwitError {
  return error instanceof GodwitError && codes.has(error.code);
}
