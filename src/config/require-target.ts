import { GodwitError } from "../core/error.ts";
import type { Target } from "../core/target.ts";
import { parseConnectionUrl } from "./connection-url.ts";
import type { ResolvedConfig } from "./resolve.ts";

/** The database to work on. Throws GW1002 where none is given, with the places that were looked at, or GW1003. */
export function requireTarget(config: ResolvedConfig): Target {
  if (config.url !== null) return parseConnectionUrl(config.url, config.urlFolder);
  throw new GodwitError("GW1002", {
    message: `No database is given. Looked for in: ${config.searched.join("; ")}.`,
    details: { searched: config.searched },
  });
}

/** How long to wait for a connection: the URL's connect_timeout, else the setting. */
export function connectTimeoutMsOf(config: ResolvedConfig, target: Target): number {
  const seconds = target.parameters.connect_timeout;
  return seconds === undefined ? config.connectTimeoutMs : Number(seconds) * 1000;
}
