import { GodwitError } from "../core/error.ts";
import { schemaVersions } from "../formats/mappings/index.ts";
import type { MappingsFormat } from "./locate.ts";
import type { MigrateChoice } from "./plan-migration.ts";

/** What cannot be meant, before anything is read: a large file takes its time. Throws GW1001, GW2603. */
export function refuseChoice(
  to: MappingsFormat,
  { shape, naming, schemaVersion }: Pick<MigrateChoice, "shape" | "naming" | "schemaVersion">,
): void {
  if (to === "msgpack" && (shape !== undefined || naming !== undefined)) {
    throw new GodwitError("GW1001", {
      message: "--shape and --naming are for JSON, and MessagePack is written",
    });
  }
  if (schemaVersion === undefined || schemaVersions.some((known) => known === schemaVersion)) return;
  throw new GodwitError("GW2603", {
    message: `--schema-version is ${JSON.stringify(schemaVersion.slice(0, 40))}: expected ${schemaVersions.join(" or ")}`,
    hint: "Leave it out to keep the version that the input has.",
    details: { version: schemaVersion.slice(0, 40), known: schemaVersions },
  });
}
