import { GodwitError } from "../../core/error.ts";
import { isTableMapping, readTableMapping } from "./dms/mapping.ts";
import { isTaskSettings, readTaskSettings } from "./dms/task-settings.ts";
import type { RulesDocument } from "./document.ts";
import type { MappingRules } from "./model.ts";
import { shown } from "./refuse.ts";
import { readShortRules } from "./short/read.ts";

/**
 * Reads files of rules, each told apart by what it holds: a table mapping of DMS, its task settings, or our own
 * notation. One file says what becomes of tables; task settings may stand beside it. Throws GW7008.
 */
export function readRules(documents: readonly RulesDocument[]): MappingRules {
  let rules: MappingRules | null = null;
  let settings: Pick<MappingRules, "settings" | "warnings"> | null = null;
  for (const document of documents) {
    const { file, value } = document;
    try {
      if (value === null || typeof value !== "object" || Array.isArray(value)) {
        throw new GodwitError("GW7008", { message: `rules were expected, not ${shown(value)}` });
      }
      if (isTaskSettings(value)) {
        if (settings !== null) throw new GodwitError("GW7008", { message: "these are second task settings" });
        settings = readTaskSettings(document);
        continue;
      }
      if (rules !== null)
        throw new GodwitError("GW7008", { message: "only one file can say what becomes of tables" });
      rules = isTableMapping(value) ? readTableMapping(document) : readShortRules(document);
    } catch (error) {
      if (!(error instanceof GodwitError)) throw error;
      const { message, hint, details } = error;
      throw new GodwitError("GW7008", {
        message: `${file}: ${message}`,
        hint,
        details: { file, ...details },
      });
    }
  }
  const read = rules ?? { selections: [], changes: [], oneChangeEach: false, settings: {}, warnings: [] };
  return settings === null
    ? read
    : { ...read, settings: settings.settings, warnings: [...read.warnings, ...settings.warnings] };
}
