import { GodwitError } from "../../core/error.ts";

/** What a worker ends with when another one failed, or the run is to stop. */
export function stopped(): GodwitError {
  return new GodwitError("GW4006", {
    message: "stopped, because another chunk failed",
  });
}
