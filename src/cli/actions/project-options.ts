import type { ProjectOptions } from "../../commands/options.ts";
import type { StampedEvent } from "../../core/event.ts";
import type { Invocation } from "../command-spec.ts";

/** What every command of the library takes, from the command line. */
export function projectOptions(
  { options, interruption, env, cwd, commandLine }: Invocation,
  onEvent: (event: StampedEvent) => void,
): ProjectOptions {
  const { url, migrations, profile, config, lockTimeout, statementTimeout, lockRetries } = options;
  return {
    cwd,
    env,
    url,
    migrations,
    profile,
    config,
    lockTimeout,
    statementTimeout,
    lockRetries,
    schemaFile: options.schemaFile === false ? null : undefined,
    outOfOrder: options.allowOutOfOrder === true ? "allow" : undefined,
    confirm: options.confirm,
    skipGates: options.skipGate,
    allowDangers: options.allow,
    waitMs: options.wait,
    signal: interruption.signal,
    commandLine,
    onEvent,
  };
}
