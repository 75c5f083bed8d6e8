import {
  type AsideDigest,
  checkSidecar,
  type Mapping,
  type MigrationRecord,
  openSidecar,
  Restorer,
  type SidecarHead,
} from "../../formats/mappings/index.ts";
import type { MappingsInput } from "../../core/mappings-steps.ts";
import { watchedSource } from "./watched-source.ts";

/** What an earlier downgrade has kept aside of a database, to be put back in one pass over it. */
export interface OpenKept extends AsyncDisposable {
  readonly file: string;
  /** The content that it belongs to. */
  readonly content: string;
  readonly history: readonly MigrationRecord[];
  /** Batches of that database in order; `first` is the number of the first mapping. */
  restore(mappings: readonly Mapping[], first: number): Promise<readonly Mapping[]>;
  /** After the last batch; reads what is left of it. */
  finish(): Promise<PutBack>;
}

/** The file as it was read, and how many of its entries found no mapping. */
export interface PutBack extends MappingsInput {
  readonly unrestored: number;
}

/** Throws GW2601 for a file that is damaged, also later on. */
export async function openKept(file: string): Promise<OpenKept> {
  const source = await watchedSource(file);
  const sidecar = await openSidecar(source);
  const restorer = new Restorer(sidecar.entries());
  const { content, history } = sidecar.head;
  return {
    file,
    content,
    history,
    restore: (mappings, first) => restorer.restore(mappings, first),
    async finish() {
      const unrestored = await restorer.finish();
      return { file, ...source.read(), unrestored };
    },
    [Symbol.asyncDispose]: () => sidecar[Symbol.asyncDispose](),
  };
}

/** Adds all that a file keeps aside to a sum; what else it says. Throws GW2601 for a file that is damaged. */
export async function addKept(file: string, sum: AsideDigest): Promise<SidecarHead> {
  return checkSidecar(await watchedSource(file), (entry) => sum.add(entry));
}
