import { faultKinds, type MappingsFacts } from "../core/mappings-steps.ts";
import {
  type Finding,
  type FindingKind,
  formatTimestamp,
  minimumTimestamp,
} from "../formats/mappings/index.ts";
import { lookAt } from "./look-at.ts";
import { defaultBatch } from "./plan-migration.ts";
import type { MappingsProject } from "./project.ts";

export interface ValidatedFile {
  readonly file: string;
  readonly format: string;
  readonly version: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly facts: MappingsFacts;
  /** The first ones. */
  readonly faults: readonly Finding[];
  readonly faultCounts: Readonly<Partial<Record<FindingKind, number>>>;
  readonly readMs: number;
}

/** Reads all of a file. Changes nothing. Throws GW2601 to GW2603 for what is no mapping database. */
export async function validateMappings(project: MappingsProject, file: string): Promise<ValidatedFile> {
  const { emit, signal } = project;
  // Where the file is silent no moment of this run counts, so that the same file has the same sum each time.
  const now = formatTimestamp(minimumTimestamp);
  const look = await lookAt(
    { files: [file], now, batch: defaultBatch, clean: faultKinds, migrates: false },
    { emit, signal, ownThread: false },
  );
  const [input] = look.inputs;
  const { format } = input!;
  return {
    file,
    format:
      format.format === "json"
        ? `json, ${format.shape}, ${format.naming} names`
        : `msgpack${format.compression === "none" ? "" : `, ${format.compression}`}`,
    version: input!.version,
    bytes: input!.bytes,
    sha256: input!.sha256,
    facts: look.facts,
    faults: look.faults,
    faultCounts: look.faultCounts,
    readMs: look.readMs,
  };
}
