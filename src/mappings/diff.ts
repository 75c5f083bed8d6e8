import {
  type CollectionHeader,
  diffHeaders,
  diffMappings,
  type HeaderDifference,
  type MappingBatch,
  type MappingDiff,
  openMappings,
} from "../formats/mappings/index.ts";
import { changed, watchedSource } from "../run/mappings/watched-source.ts";

export interface ComparedFiles extends MappingDiff {
  readonly before: string;
  readonly after: string;
  /** What differs beside the mappings: patterns, statistics that both files have, other members. All is counted. */
  readonly beside: { readonly differences: readonly HeaderDifference[]; readonly count: number };
  /** Of the mappings and of what stands beside them. */
  readonly isEqual: boolean;
}

/** So many differences are listed; all are counted. */
const mostListed = 1000;

/** Compares two files by what they say, whatever their formats and versions. Changes nothing. */
export async function compareMappings(before: string, after: string): Promise<ComparedFiles> {
  const [one, other] = [new ReadAgain(before), new ReadAgain(after)];
  const diff = await diffMappings(() => one.batches(), other.batches(), { most: mostListed });
  const differences = diffHeaders(one.header(), other.header());
  return {
    before,
    after,
    ...diff,
    beside: { differences: differences.slice(0, mostListed), count: differences.length },
    isEqual: diff.added + diff.removed + diff.changed + differences.length === 0,
  };
}

/** A file that is read once or twice. */
class ReadAgain {
  readonly #file: string;
  #sha256: string | null = null;
  #header: CollectionHeader | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  /** Throws GW2606 where the file is another one than the first time. */
  async *batches(): AsyncGenerator<MappingBatch, void, void> {
    const source = await watchedSource(this.#file);
    const reader = await openMappings(source);
    yield* reader.batches();
    const { sha256 } = source.read();
    if (this.#sha256 !== null && sha256 !== this.#sha256) throw changed(this.#file);
    this.#sha256 = sha256;
    this.#header = reader.header;
  }

  /** Once all batches have been read. */
  header(): CollectionHeader {
    if (this.#header === null) throw new Error(`${this.#file} has not been read to its end`);
    return this.#header;
  }
}
