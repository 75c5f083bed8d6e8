import { GodwitError } from "../../core/error.ts";
import { jsonOfExtra } from "./extra-values.ts";
import { spelled } from "./json-known-names.ts";
import type {
  DatabaseStatistics,
  Mapping,
  MigrationRecord,
  Naming,
  NamingPattern,
  Surplus,
} from "./model.ts";
import { formatTimestamp } from "./timestamp.ts";

/** Writes what a collection is made of as JSON text, with the member names of one naming. */
export class JsonEncoder {
  readonly #mapping: Readonly<Record<(typeof mappingParts)[number], string>>;
  readonly #naming: Naming;

  constructor(naming: Naming) {
    this.#naming = naming;
    this.#mapping = Object.fromEntries(
      mappingParts.map((name) => [name, `${name === "Original" ? "{" : ","}"${spelled(name, naming)}":`]),
    ) as Record<(typeof mappingParts)[number], string>;
  }

  mapping(mapping: Mapping): string {
    const names = this.#mapping;
    const { context, references } = mapping;
    let json =
      names.Original +
      quoted(mapping.original) +
      names.Mapped +
      quoted(mapping.mapped) +
      names.Type +
      mapping.type +
      names.Context +
      (context === null ? "null" : quoted(context)) +
      names.Confidence +
      double(mapping.confidence) +
      names.LastUpdated +
      '"' +
      formatTimestamp(mapping.lastUpdated) +
      '"' +
      names.UsageCount +
      mapping.usageCount +
      names.References +
      (references.length === 0 ? "[]" : `[${references.map(quoted).join(",")}]`);
    if (mapping.originFile !== null) json += names.OriginFile + quoted(mapping.originFile);
    if (mapping.note !== null) json += names.Note + quoted(mapping.note);
    return `${json}${surplus(mapping, mapping.wire)}}`;
  }

  pattern(pattern: NamingPattern): string {
    const { replacement, example } = pattern;
    const parts = [
      `${this.name("Pattern")}${quoted(pattern.pattern)}`,
      `${this.name("Description")}${quoted(pattern.description)}`,
      `${this.name("TargetType")}${pattern.targetType}`,
      `${this.name("Confidence")}${double(pattern.confidence)}`,
    ];
    if (replacement !== undefined) parts.push(`${this.name("Replacement")}${quotedOrNull(replacement)}`);
    if (example !== undefined) parts.push(`${this.name("Example")}${quotedOrNull(example)}`);
    return `{${parts.join(",")}${surplus(pattern, pattern.wire)}}`;
  }

  statistics(statistics: DatabaseStatistics | null): string {
    if (statistics === null) return "null";
    const parts = [
      `${this.name("CreatedAt")}"${formatTimestamp(statistics.createdAt)}"`,
      `${this.name("LastModified")}"${formatTimestamp(statistics.lastModified)}"`,
      `${this.name("TotalMappings")}${statistics.totalMappings}`,
      `${this.name("LastVersion")}${quoted(statistics.lastVersion)}`,
    ];
    return `{${parts.join(",")}${surplus(statistics, statistics.wire)}}`;
  }

  record({ at, from, to, by, mappings }: MigrationRecord): string {
    const parts = [
      `${this.name("At")}"${formatTimestamp(at)}"`,
      `${this.name("From")}${quoted(from)}`,
      `${this.name("To")}${quoted(to)}`,
      `${this.name("By")}${quoted(by)}`,
      `${this.name("Mappings")}${mappings}`,
    ];
    return `{${parts.join(",")}}`;
  }

  /** A member's name with its colon. */
  name(name: string): string {
    return `"${spelled(name, this.#naming)}":`;
  }
}

const mappingParts = [
  "Original",
  "Mapped",
  "Type",
  "Context",
  "Confidence",
  "LastUpdated",
  "UsageCount",
  "References",
  "OriginFile",
  "Note",
] as const;

/** What no schema knows, each with a comma before it. */
export function surplus({ extra, members }: Surplus, wire: Uint8Array | null): string {
  let json = "";
  if (members !== null) for (const [name, value] of members) json += `,${quoted(name)}:${value}`;
  if (extra !== null && extra.length > 0) json += `,"$extra":[${extra.map(jsonOfExtra).join(",")}]`;
  if (wire !== null) json += `,"$msgpack":"${Buffer.from(wire).toString("base64")}"`;
  return json;
}

export function quoted(text: string): string {
  // The usual name needs no escape; the test costs less than JSON.stringify, which looks at each character too.
  if (!needsEscape.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) {
    throw new GodwitError("GW2604", {
      message: `The text ${JSON.stringify(text.slice(0, 80))} holds half of a surrogate pair, which UTF-8 has no bytes for.`,
    });
  }
  return JSON.stringify(text);
}

// oxlint-disable-next-line no-control-regex
const needsEscape = /["\\\u0000-\u001f\ud800-\udfff]/;

function quotedOrNull(text: string | null): string {
  return text === null ? "null" : quoted(text);
}

/** JSON has no form for three doubles, and String drops the sign of a zero. */
function double(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  return `"${value}"`;
}
