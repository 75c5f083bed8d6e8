import type { Setting } from "./settings.ts";

const expects = "a whole number from 1 to 64, or null";

/** How much may be changed on one database server at a time, by all processes that have the same setting. */
export const limitSettings = {
  "limits.workersPerHost": {
    title: "Workers per server",
    description:
      "So many sessions of runs may write on one database server at a time, by all processes and in all databases. A copy works with fewer than --jobs where that is more. Null is no limit; in production 2 unless it is set.",
    expects,
    default: null,
  },
  "limits.schemasPerHost": {
    title: "Databases per server",
    description:
      "In so many databases of one server a run may be at work at a time, by all processes. A further run waits (--wait) or is refused with exit code 4. Null is no limit; in production 1 unless it is set.",
    expects,
    default: null,
  },
} as const satisfies Readonly<Record<`limits.${string}`, Setting>>;

export type LimitKey = keyof typeof limitSettings;
export const limitKeys = Object.keys(limitSettings) as readonly LimitKey[];
export const mostPerHost = 64;

/** What holds in production where nothing else is said, not even null. */
export const productionLimits: Readonly<Record<LimitKey, number>> = {
  "limits.workersPerHost": 2,
  "limits.schemasPerHost": 1,
};
