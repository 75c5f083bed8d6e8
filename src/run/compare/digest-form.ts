import type { CopyColumn } from "../../core/plan.ts";
import type { PortableType } from "../../core/portable.ts";
import type { DigestForm } from "../../engines/data-roles.ts";

const times: ReadonlySet<string> = new Set(["date", "timestamp"]);
const wholes: ReadonlySet<string> = new Set(["integer", "year", "boolean"]);

/** The form under which a copied column is compared. */
export function columnForm(
  { from, to, encoding }: Pick<CopyColumn, "from" | "to" | "encoding">,
  sameEngine: boolean,
): DigestForm {
  return encoding === undefined ? digestForm(from, to, sameEngine) : { kind: "bytes" };
}

/**
 * The form under which the values of two columns are compared. `sameEngine`: both servers print arrays, JSON and
 * what only they know in one way, so that their texts can be compared.
 */
export function digestForm(source: PortableType, target: PortableType, sameEngine: boolean): DigestForm {
  const kinds = [source.kind, target.kind];
  const either = (kind: PortableType["kind"]) => kinds.includes(kind);
  const both = (set: ReadonlySet<string>) => kinds.every((kind) => set.has(kind));
  if (either("json") || either("array")) {
    if (either("set")) return { kind: "set" };
    // One server of an engine may keep JSON's text (MariaDB), the other its value (MySQL).
    const sameText =
      source.kind === "json" && target.kind === "json"
        ? source.binary === target.binary
        : source.kind === target.kind || !either("json");
    if (sameEngine && sameText) return { kind: "text", trimmed: false };
    // An array goes to an engine without arrays as JSON, also where that keeps it in a column of texts.
    return { kind: "json" };
  }
  if (either("float")) return { kind: "float", bits: floatBits(source, target) };
  if (source.kind === "boolean" && target.kind === "boolean") return { kind: "boolean" };
  if (both(wholes)) return { kind: "integer" };
  if (either("decimal")) return { kind: "decimal" };
  if (either("uuid")) return { kind: "uuid" };
  if (either("bytes")) return { kind: "bytes" };
  // Bits of a column that holds a number on the other side, by a rule, are that number.
  if (either("bits")) return { kind: kinds.some((kind) => wholes.has(kind)) ? "integer" : "bits" };
  if (either("set")) return { kind: "set" };
  if (both(times)) return { kind: either("timestamp") ? "timestamp" : "date" };
  // TIME beyond a day is an interval where the other side has only that.
  if (either("time")) return { kind: "time" };
  // Within one engine both print the padding, or neither does.
  const samePadding = isPadded(source) === isPadded(target) && (sameEngine || !isPadded(source));
  return { kind: "text", trimmed: !samePadding };
}

function floatBits(...types: readonly PortableType[]): 32 | 64 {
  return types.some((type) => type.kind === "float" && type.bits === 32) ? 32 : 64;
}

/** CHAR(n): its trailing spaces are not part of the value. */
function isPadded(type: PortableType): boolean {
  return type.kind === "text" && type.fixed;
}
