import { basename, dirname, join } from "node:path";
import { GodwitError } from "../core/error.ts";
import type { MappingsCopy, MappingsPlace } from "../core/mappings-steps.ts";
import { journalOf } from "./journal.ts";

/**
 * A place that a journal tells of, as it is now. All that a migration makes of an output lies beside it, and so does the
 * journal: only the names count, and the folder is the one of today. So a folder that was moved or copied has backups
 * that can be used, and its journal never touches files of the folder that it comes from.
 */
export function placeBeside(place: MappingsPlace, output: string): MappingsPlace {
  const { backup } = place;
  return {
    ...place,
    output: pathBeside(place.output, output),
    partial: pathBeside(place.partial, output),
    backup: backup && copyBeside(backup, output),
  };
}

export function copyBeside(copy: MappingsCopy, output: string): MappingsCopy {
  return { ...copy, file: pathBeside(copy.file, output), backup: pathBeside(copy.backup, output) };
}

export function pathBeside(path: string, output: string): string {
  return join(dirname(output), basename(path));
}

/** Throws GW2611 where a journal tells of an output of another name: it was copied or renamed by itself. */
export function refuseOtherName(told: string, output: string): void {
  if (basename(told) === basename(output)) return;
  throw new GodwitError("GW2611", {
    message: `the journal ${journalOf(output)} tells of ${basename(told)}, and not of ${basename(output)}`,
    hint: `Nothing was changed. If it was renamed, give it its name again: ${basename(journalOf(told))}.`,
    details: { output, journal: journalOf(output), told },
  });
}
