import { diffMappings, type MappingDiff, openMappings } from "../formats/mappings/index.ts";
import { watchedSource } from "../run/mappings/watched-source.ts";

export interface ComparedFiles extends MappingDiff {
  readonly before: string;
  readonly after: string;
}

/** So many differences are listed; all are counted. */
const mostListed = 1000;

/** Compares two files by what they say of each symbol, whatever their formats. Changes nothing. */
export async function compareMappings(before: string, after: string): Promise<ComparedFiles> {
  const [one, other] = [
    await openMappings(await watchedSource(before)),
    await openMappings(await watchedSource(after)),
  ];
  const diff = await diffMappings(one.batches(), other.batches(), { most: mostListed });
  return { before, after, ...diff };
}
