import type { PortableType } from "../../../core/portable.ts";
import { failAt, has, type Members, neededWord, wholeAt } from "./members.ts";

/** DMS's own types. The last four are of stores without a schema. */
export const dmsTypes = [
  ..."bytes date time datetime int1 int2 int4 int8 numeric real4 real8 string".split(" "),
  ..."uint1 uint2 uint4 uint8 wstring blob nclob clob boolean set list map tuple".split(" "),
];

const integerBits = { 1: 8, 2: 16, 4: 32, 8: 64 } as const;
const longest = 2_147_483_647;

/** The type a rule's `data-type` means; null where it means nothing in a table of columns. */
export function readDataType(type: Members): PortableType | null {
  const word = neededWord(type, "type", dmsTypes);
  const takes = sizesOf(word);
  for (const key of ["precision", "scale", "length"]) {
    if (has(type, key) && !takes.includes(key)) failAt(type, key, `${word} does not take it`);
  }
  const [, unsigned, bytes] = /^(u?)int([1248])$/.exec(word) ?? [];
  if (bytes !== undefined) {
    const bits = integerBits[Number(bytes) as keyof typeof integerBits];
    return { kind: "integer", bits, unsigned: unsigned === "u" };
  }
  switch (word) {
    case "bytes":
    case "blob":
      return { kind: "bytes", length: wholeAt(type, "length", 1, longest), fixed: false };
    case "string":
    case "wstring":
    case "clob":
    case "nclob":
      return { kind: "text", length: wholeAt(type, "length", 1, longest), fixed: false };
    case "boolean":
    case "date":
      return { kind: word };
    case "time":
      return { kind: "time", precision: fraction(type), zone: false, signed: false };
    case "datetime":
      return { kind: "timestamp", precision: fraction(type), zone: false };
    case "numeric": {
      const precision = wholeAt(type, "precision", 1, 1000);
      const scale = wholeAt(type, "scale", 0, precision ?? 0);
      return { kind: "decimal", precision, scale: precision === null ? null : (scale ?? 0) };
    }
    case "real4":
    case "real8":
      return { kind: "float", bits: word === "real4" ? 32 : 64 };
    default:
      return null;
  }
}

function sizesOf(word: string): readonly string[] {
  if (word === "numeric") return ["precision", "scale"];
  if (word === "time" || word === "datetime") return ["precision", "scale"];
  return /^(bytes|blob|w?string|n?clob)$/.test(word) ? ["length"] : [];
}

/** Digits of a second: DMS calls them scale for a datetime, and precision in its examples. */
function fraction(type: Members): number {
  return wholeAt(type, "scale", 0, 6) ?? wholeAt(type, "precision", 0, 6) ?? 6;
}

/** The word that DMS would have for a column's type: what a locator's `data-type` is held against. */
export function dmsTypeOf(type: PortableType): string {
  switch (type.kind) {
    case "integer":
      return `${type.unsigned ? "u" : ""}int${type.bits === 24 ? 4 : type.bits / 8}`;
    case "decimal":
      return "numeric";
    case "float":
      return type.bits === 32 ? "real4" : "real8";
    case "bytes":
      return type.length === null ? "blob" : "bytes";
    case "text":
      return type.length === null ? "clob" : "string";
    case "timestamp":
      return "datetime";
    case "year":
      return "int2";
    case "json":
      return "clob";
    case "boolean":
    case "date":
    case "time":
      return type.kind;
    default:
      return "string";
  }
}
