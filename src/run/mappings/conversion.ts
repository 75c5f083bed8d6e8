import { version as tool } from "../../core/version.ts";
import type { MappingsJob } from "../../core/mappings-steps.ts";
import {
  CleanUp,
  type CollectionHeader,
  completeStatistics,
  downgradeHeader,
  downgradeMappings,
  headerWithOldNames,
  type KeptAside,
  type Mapping,
  type MigrationRecord,
  upgradeHeader,
  withOldNames,
} from "../../formats/mappings/index.ts";
import {
  type Database,
  momentOf,
  type OnRead,
  openDatabase,
  type ReadInput,
  refuseOthers,
} from "./read-inputs.ts";

/** One pass over what is to be written. */
export interface Conversion {
  batches(): AsyncGenerator<ConvertedBatch, void, void>;
  /** After the last batch. */
  end(): {
    readonly header: CollectionHeader;
    readonly inputs: readonly ReadInput[];
    /** The history, where the version has no place for it. */
    readonly aside: readonly MigrationRecord[];
  };
}

export interface ConvertedBatch {
  readonly mappings: readonly Mapping[];
  /** What a version without a place for it leaves aside of them. */
  readonly aside: readonly KeptAside[];
}

export interface ConversionHooks {
  readonly onRead: OnRead;
  /** Of mending, which looks at all of it first. */
  readonly onLook: OnRead;
}

/**
 * The inputs as the database that the job asks for: merged, mended and in its version. Memory: what several files hold,
 * and some bytes for each mapping where something is mended.
 */
export async function openConversion(job: MappingsJob, hooks: ConversionHooks): Promise<Conversion> {
  const now = momentOf(job.now);
  const upgrades = job.version === "1.1";
  // Several files are merged with the names of 1.1.
  const hasNewNames =
    upgrades || job.inputs.length > 1 || job.inputs.some(({ version }) => version === "1.1");
  const open = (onRead: OnRead): Promise<Database> =>
    openDatabase({
      files: job.inputs.map(({ file, version, restores }) => ({
        file,
        version,
        restores: restores?.file ?? null,
      })),
      now,
      batch: job.batch,
      marksOrigin: job.marksOrigin,
      newNames: upgrades,
      isAgain: true,
      onRead,
    });
  const cleaning = job.clean.length === 0 ? null : new CleanUp(job.clean);
  if (cleaning !== null) {
    const looked = await open(hooks.onLook);
    for await (const { mappings } of looked.batches()) cleaning.look(mappings);
    refuseOthers(job.inputs, looked.end().inputs);
  }
  const database = await open(hooks.onRead);
  let written = 0;

  function asWritten(mappings: readonly Mapping[]): ConvertedBatch {
    const mended = cleaning === null ? mappings : cleaning.mend(mappings);
    if (upgrades) return { mappings: mended, aside: [] };
    return downgradeMappings(hasNewNames ? mended.map(withOldNames) : mended, written);
  }

  return {
    async *batches() {
      for await (const { mappings } of database.batches()) {
        const batch = asWritten(mappings);
        written += batch.mappings.length;
        yield batch;
      }
    },
    end() {
      const { header, inputs, merged } = database.end();
      const entry = {
        at: now,
        from: job.from,
        to: `${job.target.format} ${job.version}`,
        by: `godwit ${tool}`,
        mappings: written,
      };
      const down = upgrades ? null : downgradeHeader(hasNewNames ? headerWithOldNames(header) : header);
      const changed = down?.header ?? upgradeHeader(header, [], entry);
      // MessagePack has a place for them, and its readers expect the right total there. JSON keeps what it says, as
      // long as it is said of these mappings.
      const isComplete =
        job.target.format === "json" &&
        (changed.statistics === null || (merged === null && cleaning === null));
      return {
        header: isComplete ? changed : completeStatistics(changed, { mappings: written, now }),
        inputs,
        aside: down?.history ?? [],
      };
    },
  };
}
