import { isSilent, type Mapping } from "./model.ts";
import { formatTimestamp } from "./timestamp.ts";

/** The date of a mapping as it is shown; null where its file says none. */
export function saidDate(mapping: Pick<Mapping, "lastUpdated" | "silent">): string | null {
  return isSilent(mapping, "lastUpdated") ? null : formatTimestamp(mapping.lastUpdated);
}
