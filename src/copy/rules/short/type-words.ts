import type { PortableType } from "../../../core/portable.ts";
import { typeOfName } from "../../../sql/expression/type-name.ts";

/** A type as it is written in the short notation, with the names of SQL: "numeric(12,2)"; null where it is none. */
export function readTypeWords(written: string): PortableType | null {
  const [, words = "", sizeText = "", rest = ""] =
    /^\s*([a-z][a-z0-9 ]*?)\s*(?:\(\s*(\d{1,9}(?:\s*,\s*\d{1,9})?)\s*\))?((?:\s+[a-z]+)*)\s*$/i.exec(
      written,
    ) ?? [];
  const name = `${words}${rest}`.toLowerCase().replaceAll(/\s+/g, " ");
  const sizes = sizeText === "" ? [] : sizeText.split(",").map((size) => size.trim());
  const type = ownType(name, sizes) ?? typeOfName(name, sizes);
  return type !== null && sizesFit(type, sizes) ? type : null;
}

function ownType(name: string, sizes: readonly string[]): PortableType | null {
  const first = sizes[0] === undefined ? null : Number(sizes[0]);
  switch (name) {
    case "bytes":
    case "bytea":
    case "blob":
    case "varbinary":
      return { kind: "bytes", length: first, fixed: false };
    case "char":
    case "character":
      return { kind: "text", length: first ?? 1, fixed: true };
    case "tinyint":
      return { kind: "integer", bits: 8, unsigned: false };
    case "time":
      return { kind: "time", precision: first ?? 6, zone: false, signed: false };
    default: {
      const unsigned = /^(tinyint|smallint|integer|int|bigint) unsigned$/.exec(name)?.[1];
      const type = unsigned === undefined ? null : (ownType(unsigned, []) ?? typeOfName(unsigned, []));
      return type?.kind === "integer" ? { ...type, unsigned: true } : null;
    }
  }
}

/** integer(3) and text(1,2) are no types; a wrong number would otherwise be dropped in silence. */
function sizesFit(type: PortableType, sizes: readonly string[]): boolean {
  const [first = 1, second = 0] = sizes.map(Number);
  switch (type.kind) {
    case "decimal":
      return first >= 1 && first <= 1000 && second <= first;
    case "text":
    case "bytes":
      return sizes.length <= 1 && first >= 1;
    case "time":
    case "timestamp":
      return sizes.length <= 1 && first <= 6;
    default:
      return sizes.length === 0;
  }
}
