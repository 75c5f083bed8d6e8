import type { MappingsSums } from "../../core/mappings-steps.ts";
import {
  AsideDigest,
  type CollectionHeader,
  type ContentDigest,
  type ContentSums,
  type Mapping,
  type MigrationRecord,
} from "../../formats/mappings/index.ts";
import { addKept } from "./kept-aside.ts";
import type { PreservedSums } from "./preserved-sums.ts";
import type { RawReader } from "./read-inputs.ts";

/** The files as they are, before anything is put back. */
export class RawContents implements RawReader {
  /** Of some of the files. */
  readonly sums = new Map<number, ContentSums>();
  readonly #digests: readonly (ContentDigest | null)[];
  readonly #preserved: PreservedSums | null;
  readonly #headers: CollectionHeader[] = [];

  constructor(digests: readonly (ContentDigest | null)[], preserved: PreservedSums | null) {
    this.#digests = digests;
    this.#preserved = preserved;
  }

  mappings(file: number, mappings: readonly Mapping[]): void {
    this.#digests[file]?.add(mappings);
    this.#preserved?.add(mappings);
  }

  header(file: number, header: CollectionHeader): void {
    this.#headers.push(header);
    const digest = this.#digests[file];
    if (digest) this.sums.set(file, digest.finish(header));
  }

  /** With what was kept aside, which is read for itself. */
  async preserved(
    plain: ContentSums,
    kept: readonly (string | null)[],
    marks: readonly string[],
  ): Promise<MappingsSums | null> {
    if (this.#preserved === null) return null;
    const aside = new AsideDigest(marks);
    const history: MigrationRecord[] = [];
    for (const [n, file] of kept.entries()) {
      const head = file === null ? null : await addKept(file, aside);
      history.push(...(head?.history ?? []), ...(this.#headers[n]?.history ?? []));
    }
    // What several files were merged to has them.
    const isKept = kept.length === 1 && kept[0] !== null;
    return this.#preserved.finish({
      headers: this.#headers,
      history,
      plain,
      aside: isKept ? aside.finish() : null,
    });
  }
}
