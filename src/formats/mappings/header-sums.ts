import { sha256 } from "../../core/canonical.ts";
import type { CollectionHeader, DatabaseStatistics, MigrationRecord } from "./model.ts";
import { MsgpackEncoder } from "./msgpack-encoder.ts";
import { encodePattern, encodeRecord, encodeStatistics, encodeSurplus } from "./msgpack-schema.ts";
import { plainNames } from "./old-names.ts";
import { compareTimestamps, minimumTimestamp } from "./timestamp.ts";

/** What stands beside the mappings of one file or of several that become one, in sums that a migration must not change. */
export interface HeaderSums {
  /** Of one file in their order, of several as a set. */
  readonly patterns: string;
  /** But for the total, which a migration may put right. Null where no file has any. */
  readonly statistics: string | null;
  /** What no schema knows, without the names that 1.1 gives it; of several files the names alone. */
  readonly surplus: string;
}

export function headerSums(headers: readonly CollectionHeader[], merges: boolean): HeaderSums {
  const encoder = new MsgpackEncoder();
  const patterns = headers
    .flatMap((header) => header.patterns)
    .map((pattern) => encoded(encoder, () => encodePattern(encoder, { ...pattern, wire: null })));
  const statistics = headers.flatMap((header) => header.statistics ?? []);
  return {
    patterns: sumOf(patterns, merges),
    statistics:
      statistics.length === 0
        ? null
        : sha256(
            encoded(encoder, () =>
              encodeStatistics(encoder, merges ? bounds(statistics) : plain(statistics[0]!)),
            ),
          ),
    surplus: merges
      ? sumOf(
          headers.flatMap(({ members }) => (plainNames(members) ?? []).map(([name]) => name)),
          true,
        )
      : sumOf(
          headers.map(({ extra, members }) =>
            encoded(encoder, () => encodeSurplus(encoder, extra, plainNames(members))),
          ),
          false,
        ),
  };
}

/** Of one file in its order, of several as a set. */
export function historySum(records: readonly MigrationRecord[], merges: boolean): string {
  const encoder = new MsgpackEncoder();
  return sumOf(
    records.map((record) => encoded(encoder, () => encodeRecord(encoder, record))),
    merges,
  );
}

function encoded(encoder: MsgpackEncoder, encode: () => void): string {
  encode();
  return encoder.take().toString("hex");
}

function sumOf(parts: readonly string[], isSet: boolean): string {
  return sha256(JSON.stringify(isSet ? [...new Set(parts)].sort() : parts));
}

function plain(statistics: DatabaseStatistics): DatabaseStatistics {
  return { ...statistics, totalMappings: 0, wire: null };
}

/** The earliest beginning that a file says, and the latest change. */
function bounds(all: readonly DatabaseStatistics[]): DatabaseStatistics {
  const created = all.map(({ createdAt }) => createdAt).sort(compareTimestamps);
  const modified = all.map(({ lastModified }) => lastModified).sort(compareTimestamps);
  const lastVersion = all.find((one) => one.lastVersion !== "")?.lastVersion ?? "";
  return {
    createdAt: created.find((one) => compareTimestamps(one, minimumTimestamp) > 0) ?? minimumTimestamp,
    lastModified: modified.at(-1)!,
    totalMappings: 0,
    lastVersion,
    extra: null,
    members: null,
    wire: null,
  };
}
