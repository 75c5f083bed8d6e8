import type { GuardSettings, SignalName } from "../../core/guard-settings.ts";
import type { Observation } from "./decide.ts";

type Unknown = Extract<Observation, { readonly unknown: string }>;

/**
 * Takes out what this user may not see, or this server does not keep, where its limit is nobody's wish but the default
 * of this program: a migration must not wait for a privilege that nobody has thought of. It is told once. Where someone
 * has set the limit it stays in, and is a breach.
 */
export function withoutWithheld(
  observations: readonly Observation[],
  { limits, demanded }: Pick<GuardSettings, "limits" | "demanded">,
): { readonly watched: readonly Observation[]; readonly left: readonly Unknown[] } {
  const watched: Observation[] = [];
  const left: Unknown[] = [];
  for (const observation of observations) {
    const isLeft =
      "unknown" in observation &&
      observation.withheld === true &&
      !demanded.some((name) => name === observation.signal);
    if (!isLeft) watched.push(observation);
    else if (hasLimit(observation.signal)) left.push(observation);
  }
  return { watched, left };

  function hasLimit(signal: Observation["signal"]): boolean {
    const { pause, abort } = limits[signal as SignalName];
    return (pause ?? abort) !== null;
  }
}
