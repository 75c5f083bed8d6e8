import { GodwitError } from "../../core/error.ts";
import { type SchemaVersion, schemaVersions } from "./model.ts";

/** Throws GW2603 for a version that this program does not know. */
export function knownVersion(version: string, file: string): SchemaVersion {
  const known = schemaVersions.find((name) => name === version);
  if (known !== undefined) return known;
  const shown = JSON.stringify(version.slice(0, 40));
  throw new GodwitError("GW2603", {
    message: `${file} says that it is of version ${shown}; this program knows ${schemaVersions.join(" and ")}.`,
    details: { file, version: version.slice(0, 40), known: schemaVersions },
  });
}
