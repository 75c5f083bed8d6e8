import { basename } from "node:path";
import { version as tool } from "../../core/version.ts";
import type { MappingsJob } from "../../core/mappings-steps.ts";
import {
  CleanUp,
  type CollectionHeader,
  completeStatistics,
  downgradeHeader,
  downgradeMappings,
  type KeptAside,
  type Mapping,
  type MigrationRecord,
  readSidecar,
  Restorer,
  upgradeHeader,
} from "../../formats/mappings/index.ts";
import {
  type Database,
  momentOf,
  type OnRead,
  openDatabase,
  type ReadInput,
  withOrigin,
} from "./read-inputs.ts";
import { watchedSource } from "./watched-source.ts";

/** What a version without a place for it leaves aside. */
export interface Aside {
  readonly mappings: readonly KeptAside[];
  readonly history: readonly MigrationRecord[];
}

/** One pass over what is to be written. */
export interface Conversion {
  batches(): AsyncGenerator<readonly Mapping[], void, void>;
  /** After the last batch. */
  end(): {
    readonly header: CollectionHeader;
    readonly inputs: readonly ReadInput[];
    readonly aside: Aside;
    /** Of what an earlier downgrade kept aside, what has no mapping any more. */
    readonly unrestored: readonly KeptAside[];
  };
}

export interface ConversionHooks {
  readonly onRead: OnRead;
  /** Of mending, which looks at all of it first. */
  readonly onLook: OnRead;
}

/**
 * The inputs as the database that the job asks for: merged, mended and in its version. Memory: what several files hold,
 * some bytes for each mapping where something is mended, and what is kept aside.
 */
export async function openConversion(job: MappingsJob, hooks: ConversionHooks): Promise<Conversion> {
  const now = momentOf(job.now);
  const upgrades = job.version === "1.1";
  const open = (onRead: OnRead): Promise<Database> =>
    openDatabase({
      files: job.inputs.map(({ file }) => file),
      now,
      batch: job.batch,
      // Of a single file that is done when what was kept aside is back.
      marksOrigin: job.marksOrigin && job.inputs.length > 1,
      onRead,
    });
  const cleaning = job.clean.length === 0 ? null : new CleanUp(job.clean);
  if (cleaning !== null) {
    const looked = await open(hooks.onLook);
    for await (const { mappings } of looked.batches()) cleaning.look(mappings);
    // What is listed is made here; the mend needs it.
    cleaning.findings();
  }
  const database = await open(hooks.onRead);
  const kept = job.restores === null ? null : await readSidecar(await watchedSource(job.restores.file));
  const restorer = kept === null ? null : new Restorer(kept.aside);
  const [only, ...others] = job.inputs;
  const origin = job.marksOrigin && only !== undefined && others.length === 0 ? basename(only.file) : null;
  const aside: KeptAside[] = [];
  let written = 0;

  function asWritten(mappings: readonly Mapping[], first: number): readonly Mapping[] {
    const restored = restorer === null ? mappings : restorer.restore(mappings, first);
    const named = origin === null ? restored : withOrigin(restored, origin);
    const mended = cleaning === null ? named : cleaning.mend(named);
    if (upgrades) return mended;
    const down = downgradeMappings(mended, written);
    aside.push(...down.aside);
    return down.mappings;
  }

  return {
    async *batches() {
      for await (const { first, mappings } of database.batches()) {
        const result = asWritten(mappings, first);
        written += result.length;
        yield result;
      }
    },
    end() {
      const { header, inputs } = database.end();
      const entry = {
        at: now,
        from: job.from,
        to: `${job.target.format} ${job.version}`,
        by: `godwit ${tool}`,
        mappings: written,
      };
      const down = upgrades ? null : downgradeHeader(header);
      const changed = down?.header ?? upgradeHeader(header, kept?.head.history ?? [], entry);
      return {
        // MessagePack has a place for them, and its readers expect the right total there.
        header:
          job.target.format === "msgpack" ? completeStatistics(changed, { mappings: written, now }) : changed,
        inputs,
        aside: { mappings: aside, history: down?.history ?? [] },
        unrestored: restorer?.left() ?? [],
      };
    },
  };
}
