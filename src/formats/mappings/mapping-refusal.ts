import { GodwitError } from "../../core/error.ts";
import { shown } from "./json-cursor.ts";
import type { Mapping } from "./model.ts";

/** The error of a writer, with the mapping that it could not write. */
export function mappingRefusal(error: unknown, mapping: Mapping, index: number): unknown {
  if (!(error instanceof GodwitError)) return error;
  return new GodwitError(error.code, {
    message: `Mapping ${index + 1} (${shown(mapping.original)}) cannot be written. ${error.message}`,
    hint: error.hint,
    details: { ...error.details, mapping: index + 1, name: mapping.original },
  });
}
