import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";

const enoughBytes = 8 * 1024 * 1024;
const everyMs = 20;

/**
 * Stops V8's young generation from growing beyond some megabytes. Where mappings stream by, nearly all objects die
 * young; in one run of four V8 lets their space grow all the same, and the process takes 120 MB more. A flag of the
 * whole process, so a matter of the command line and not of the library.
 */
export function keepYoungGenerationSmall(): void {
  const watch = setInterval(() => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === "new_space");
    if (young !== undefined && young.space_size < enoughBytes) return;
    setFlagsFromString("--semi-space-growth-factor=1");
    clearInterval(watch);
  }, everyMs);
  watch.unref();
}
