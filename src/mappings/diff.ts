import {
  diffMappings,
  type MappingBatch,
  type MappingDiff,
  openMappings,
} from "../formats/mappings/index.ts";
import { changed, watchedSource } from "../run/mappings/watched-source.ts";

export interface ComparedFiles extends MappingDiff {
  readonly before: string;
  readonly after: string;
}

/** So many differences are listed; all are counted. */
const mostListed = 1000;

/** Compares two files by what they say of each symbol, whatever their formats. Changes nothing. */
export async function compareMappings(before: string, after: string): Promise<ComparedFiles> {
  const diff = await diffMappings(readAgain(before), readAgain(after)(), { most: mostListed });
  return { before, after, ...diff };
}

/** Reads a file, each time that it is called. Throws GW2606 where it is another one than the first time. */
function readAgain(file: string): () => AsyncGenerator<MappingBatch, void, void> {
  let sha256: string | null = null;
  return async function* () {
    const source = await watchedSource(file);
    const reader = await openMappings(source);
    yield* reader.batches();
    const read = source.read();
    if (sha256 !== null && read.sha256 !== sha256) throw changed(file);
    ({ sha256 } = read);
  };
}
