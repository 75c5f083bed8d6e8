import { GodwitError } from "../../core/error.ts";
import { jsonOfExtra } from "./extra-values.ts";
import type { JsonBytes } from "./json-bytes.ts";
import { mappingParts, spelled } from "./json-known-names.ts";
import type {
  DatabaseStatistics,
  Mapping,
  MigrationRecord,
  Naming,
  NamingPattern,
  Surplus,
} from "./model.ts";

/** Writes what a collection is made of as JSON, with the member names of one naming. */
export class JsonEncoder {
  readonly #out: JsonBytes;
  readonly #naming: Naming;
  readonly #names: Readonly<Record<(typeof mappingParts)[number], Buffer>>;

  constructor(out: JsonBytes, naming: Naming) {
    this.#out = out;
    this.#naming = naming;
    this.#names = Object.fromEntries(
      mappingParts.map((name, index) => [name, Buffer.from((index === 0 ? "{" : ",") + this.name(name))]),
    ) as Record<(typeof mappingParts)[number], Buffer>;
  }

  mapping(mapping: Mapping): void {
    const out = this.#out;
    const names = this.#names;
    const { references } = mapping;
    out.raw(names.Original);
    string(out, mapping.original);
    out.raw(names.Mapped);
    string(out, mapping.mapped);
    out.raw(names.Type);
    out.integer(mapping.type);
    out.raw(names.Context);
    stringOrNull(out, mapping.context);
    out.raw(names.Confidence);
    out.double(mapping.confidence);
    out.raw(names.LastUpdated);
    out.timestamp(mapping.lastUpdated);
    out.raw(names.UsageCount);
    out.integer(mapping.usageCount);
    out.raw(names.References);
    out.text("[");
    for (let index = 0; index < references.length; index++) {
      if (index > 0) out.text(",");
      stringOrNull(out, references[index] ?? null);
    }
    out.text("]");
    if (mapping.originFile !== null) {
      out.raw(names.OriginFile);
      string(out, mapping.originFile);
    }
    if (mapping.note !== null) {
      out.raw(names.Note);
      string(out, mapping.note);
    }
    this.#end(mapping, mapping.wire);
  }

  pattern(pattern: NamingPattern): void {
    const out = this.#out;
    const { replacement, example } = pattern;
    out.text(`{${this.name("Pattern")}`);
    string(out, pattern.pattern);
    out.text(`,${this.name("Description")}`);
    string(out, pattern.description);
    out.text(`,${this.name("TargetType")}${pattern.targetType},${this.name("Confidence")}`);
    out.double(pattern.confidence);
    if (replacement !== undefined) {
      out.text(`,${this.name("Replacement")}`);
      stringOrNull(out, replacement);
    }
    if (example !== undefined) {
      out.text(`,${this.name("Example")}`);
      stringOrNull(out, example);
    }
    this.#end(pattern, pattern.wire);
  }

  statistics(statistics: DatabaseStatistics | null): void {
    const out = this.#out;
    if (statistics === null) return out.text("null");
    out.text(`{${this.name("CreatedAt")}`);
    out.timestamp(statistics.createdAt);
    out.text(`,${this.name("LastModified")}`);
    out.timestamp(statistics.lastModified);
    out.text(`,${this.name("TotalMappings")}${statistics.totalMappings},${this.name("LastVersion")}`);
    string(out, statistics.lastVersion);
    this.#end(statistics, statistics.wire);
  }

  record({ at, from, to, by, mappings }: MigrationRecord): void {
    const out = this.#out;
    out.text(`{${this.name("At")}`);
    out.timestamp(at);
    for (const [name, value] of [
      ["From", from],
      ["To", to],
      ["By", by],
    ] as const) {
      out.text(`,${this.name(name)}`);
      string(out, value);
    }
    out.text(`,${this.name("Mappings")}${mappings}}`);
  }

  /** What no schema knows, each with a comma before it. */
  surplus({ extra, members }: Surplus, wire: Uint8Array | null): void {
    const out = this.#out;
    if (members !== null) {
      for (const [name, json] of members) {
        out.text(",");
        string(out, name);
        out.text(":");
        out.text(json);
      }
    }
    if (extra !== null && extra.length > 0) out.text(`,"$extra":[${extra.map(jsonOfExtra).join(",")}]`);
    if (wire !== null) out.text(`,"$msgpack":"${Buffer.from(wire).toString("base64")}"`);
  }

  /** A member's name with its colon. */
  name(name: string): string {
    return `"${spelled(name, this.#naming)}":`;
  }

  #end(surplus: Surplus, wire: Uint8Array | null): void {
    if (surplus.members !== null || surplus.extra !== null || wire !== null) this.surplus(surplus, wire);
    this.#out.text("}");
  }
}

function string(out: JsonBytes, text: string): void {
  if (!text.isWellFormed()) {
    throw new GodwitError("GW2604", {
      message: `The text ${JSON.stringify(text.slice(0, 80))} holds half of a surrogate pair, which UTF-8 has no bytes for.`,
    });
  }
  out.string(text);
}

function stringOrNull(out: JsonBytes, text: string | null): void {
  if (text === null) out.text("null");
  else string(out, text);
}
