import { fileSource, openMappings } from "../formats/mappings/index.ts";

/** How long files take to load, in milliseconds: the old ones and the new one. */
export interface LoadTimes {
  readonly before: number;
  readonly after: number;
}

/** Of small files the first reading of all mostly warms this program up, so they are read once more. */
const smallBytes = 2 * 1024 * 1024;

/** From what was measured on the way, or measured now where the files are small. */
export async function loadTimes(
  inputs: readonly string[],
  output: string,
  measured: LoadTimes & { readonly bytes: number },
): Promise<LoadTimes> {
  const { bytes, before, after } = measured;
  if (bytes > smallBytes) return { before, after };
  // An output may have taken an input's place, and inputs may be gone by now.
  if (inputs.includes(output)) return { before, after };
  try {
    return { before: await load(inputs), after: await load([output]) };
  } catch {
    return { before, after };
  }
}

async function load(files: readonly string[]): Promise<number> {
  const start = performance.now();
  for (const file of files) {
    const reader = await openMappings(await fileSource(file));
    for await (const _ of reader.batches());
  }
  return performance.now() - start;
}
