import { GodwitError } from "../core/error.ts";
import {
  type CollectionHeader,
  type Mapping,
  mappingFilter,
  type MappingFilter,
  type MappingCounts,
  MappingStatistics,
  openMappings,
  parseSymbolType,
} from "../formats/mappings/index.ts";
import { watchedSource } from "../run/mappings/watched-source.ts";
import { withinTime } from "./within-time.ts";

export interface ShowChoice {
  readonly context?: string | undefined;
  /** Its name in any case, or its number. */
  readonly type?: string | undefined;
  /** A regular expression, tried on both names. */
  readonly search?: string | undefined;
  /** So many at most. */
  readonly limit?: number | undefined;
  /** From 0 to 1. */
  readonly minConfidence?: number | undefined;
}

export interface ShownMappings {
  readonly file: string;
  readonly format: string;
  /** Those that were asked for, in the order of the file. It can be gone through once. */
  readonly mappings: AsyncIterable<Mapping>;
  /** Of those that were gone through. */
  readonly counts: () => MappingCounts;
  /** Null where the limit ended the reading before the file's end. */
  readonly header: () => CollectionHeader | null;
}

/** Opens a file to be shown. Reads it as it is gone through, with bounded memory. Throws GW1001 for a wrong filter. */
export async function showMappings(file: string, choice: ShowChoice): Promise<ShownMappings> {
  const isShown = mappingFilter(filterOf(choice));
  const { limit = Number.POSITIVE_INFINITY } = choice;
  const reader = await openMappings(await watchedSource(file));
  const statistics = new MappingStatistics();
  let isWhole = false;
  return {
    file,
    format: reader.format.format,
    mappings: shown(),
    counts: () => statistics.counts(),
    header: () => (isWhole ? reader.header : null),
  };

  async function* shown(): AsyncGenerator<Mapping, void, void> {
    let count = 0;
    if (limit === 0) return;
    for await (const { mappings } of reader.batches()) {
      for (const mapping of chosen(mappings)) {
        statistics.add([mapping]);
        yield mapping;
        if (++count >= limit) return;
      }
    }
    isWhole = true;
  }

  function chosen(mappings: readonly Mapping[]): readonly Mapping[] {
    const work = () => mappings.filter(isShown);
    // Only an expression can take long.
    if (choice.search === undefined) return work();
    const done = withinTime(searchMs, work);
    if (done !== null) return done.result;
    throw new GodwitError("GW1001", {
      message: `--search ${JSON.stringify(choice.search)} took more than ${searchMs / 1000} seconds for ${mappings.length} mappings: it can match one name in too many ways`,
      hint: "Repeat nothing that is repeated already: a+ in the place of (a+)+. Nothing was changed.",
    });
  }
}

const searchMs = 3000;

function filterOf({ context, type, search, minConfidence }: ShowChoice): MappingFilter {
  const number = type === undefined ? null : parseSymbolType(type);
  if (type !== undefined && number === null) {
    throw new GodwitError("GW1001", {
      message: `--type is ${JSON.stringify(type)}: expected function, class, variable, parameter, property, method or a number`,
    });
  }
  if (minConfidence !== undefined && !(minConfidence >= 0 && minConfidence <= 1)) {
    throw new GodwitError("GW1001", { message: `--min-confidence is ${minConfidence}: expected 0 to 1` });
  }
  return {
    ...(context === undefined ? {} : { context }),
    ...(number === null ? {} : { type: number }),
    ...(search === undefined ? {} : { search: expressionOf(search) }),
    ...(minConfidence === undefined ? {} : { minConfidence }),
  };
}

function expressionOf(text: string): RegExp {
  try {
    return new RegExp(text, "iu");
  } catch (error) {
    throw new GodwitError("GW1001", {
      message: `--search is no regular expression: ${(error as Error).message}`,
      cause: error,
    });
  }
}
