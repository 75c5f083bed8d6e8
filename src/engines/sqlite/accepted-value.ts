import type { DatabaseSync } from "node:sqlite";
import type { PortableType, RiskKind, StorageClass } from "../../core/portable.ts";
import { plainDecimal } from "./canonical-number.ts";
import { canonicalTime, canonicalTimestamp, type StoredTime } from "./canonical-time.ts";
import { formats } from "./profile-functions.ts";
import type { TableShape } from "./table-shape.ts";

interface Acceptance {
  readonly accepts: readonly RiskKind[];
  readonly to: PortableType;
  readonly encoding: "utf8" | "utf16le" | "utf16be";
}

/** The value of a column after the losses that were accepted, as SQL. */
export function acceptedSql(
  value: string,
  accepts: readonly RiskKind[],
  to: PortableType,
  utf16: TableShape["utf16"],
): string {
  const encoding = utf16 === false ? "utf8" : (`utf16${utf16}` as const);
  const acceptance: Acceptance = { accepts, to, encoding };
  const given = JSON.stringify(acceptance).replaceAll("'", "''");
  // A text as its bytes: as one, the driver would end it at U+0000.
  return `godwit_accepted('${given}', typeof(${value}), CASE typeof(${value}) WHEN 'text' THEN CAST(${value} AS BLOB) ELSE ${value} END)`;
}

export function registerAccepted(database: DatabaseSync): void {
  const known = new Map<string, Acceptance>();
  const options = { deterministic: true, directOnly: true, useBigIntArguments: true };
  database.function("godwit_accepted", options, (given, storageClass, value) => {
    if (value === null) return null;
    const text = String(given);
    let acceptance = known.get(text);
    if (acceptance === undefined) known.set(text, (acceptance = JSON.parse(text) as Acceptance));
    const isText = storageClass === "text";
    const stored = isText ? decoded(value as Uint8Array, acceptance.encoding) : (value as StoredTime);
    return accepted(stored, storageClass as StorageClass, acceptance);
  });
}

function decoded(bytes: Uint8Array, encoding: Acceptance["encoding"]): string {
  const buffer = Buffer.from(bytes);
  if (encoding === "utf16be") return buffer.swap16().toString("utf16le");
  return buffer.toString(encoding);
}

function accepted(given: StoredTime, storageClass: StorageClass, { accepts, to }: Acceptance) {
  let value = given;
  const has = (kind: RiskKind) => accepts.includes(kind);
  if (has("nul-character") && typeof value === "string") value = value.replaceAll("\0", "");
  if (has("storage-class") && !classesOf(to).includes(storageClass)) return null;
  if (has("zero-date") && /^0000|^\d{4}-00|^\d{4}-\d\d-00/.test(String(value))) return null;
  if (has("not-a-number") && /^nan$/i.test(String(value))) return null;
  if (has("infinity") && /^[+-]?inf(?:inity)?$/i.test(String(value))) return null;
  if (has("empty-enum") && value === "") return null;
  if (has("format") && !isWritten(value, to)) return null;
  if (has("length") && (to.kind === "text" || to.kind === "bytes") && to.length !== null) {
    if (typeof value === "string") value = [...value].slice(0, to.length).join("");
    else if (value instanceof Uint8Array) value = value.subarray(0, to.length);
  }
  if (has("scale") && to.kind === "decimal") value = rounded(value, to.scale ?? 0);
  if (has("precision") && (to.kind === "timestamp" || to.kind === "time")) {
    const text = (to.kind === "time" ? canonicalTime : canonicalTimestamp)(value);
    value =
      text?.replace(/(\.\d+)$/, (all) => (to.precision === 0 ? "" : all.slice(0, to.precision + 1))) ?? value;
  }
  return value;
}

function classesOf({ kind }: PortableType): readonly StorageClass[] {
  switch (kind) {
    case "boolean":
    case "integer":
    case "year":
      return ["integer"];
    case "float":
      return ["integer", "real"];
    case "decimal":
      return ["integer", "real", "text"];
    case "bytes":
      return ["blob"];
    case "text":
    case "enum":
    case "set":
    case "native":
      return ["text"];
    default:
      return ["integer", "real", "text", "blob"];
  }
}

function isWritten(value: StoredTime, { kind }: PortableType): boolean {
  if (kind === "uuid" && value instanceof Uint8Array) return value.length === 16;
  if (kind === "json") return value instanceof Uint8Array || isJson(String(value));
  const of = kind === "decimal" || kind === "float" ? "number" : kind;
  return !(value instanceof Uint8Array) && (formats[of]?.(value) ?? true);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Half away from zero, as the servers round decimals; in digits, since a double would round twice. */
function rounded(value: StoredTime, scale: number): StoredTime {
  const text = typeof value === "number" ? plainDecimal(value) : String(value);
  const match = /^([+-]?)(\d*)\.(\d+)$/.exec(text);
  if (match === null || match[3]!.length <= scale) return value;
  const [, sign = "", whole = "", fraction = ""] = match;
  const kept = BigInt(`${whole}${fraction.slice(0, scale)}` || "0") + (fraction[scale]! >= "5" ? 1n : 0n);
  const digits = String(kept).padStart(scale + 1, "0");
  const point = digits.length - scale;
  return `${sign}${digits.slice(0, point)}${scale > 0 ? `.${digits.slice(point)}` : ""}`;
}
