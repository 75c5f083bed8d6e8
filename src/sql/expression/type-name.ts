import type { PortableType } from "../../core/portable.ts";

/** The types that a cast in an expression may name, by their names in lower case; others make it untranslatable. */
export function typeOfName(name: string, sizes: readonly string[]): PortableType | null {
  const [first, second] = sizes.map(Number);
  switch (name) {
    case "text":
    case "char":
    case "varchar":
    case "nchar":
    case "bpchar":
    case "character":
    case "character varying":
    case "longtext":
      return { kind: "text", length: first ?? null, fixed: false };
    case "smallint":
      return { kind: "integer", bits: 16, unsigned: false };
    case "integer":
    case "int":
    case "int4":
      return { kind: "integer", bits: 32, unsigned: false };
    case "bigint":
    case "int8":
    case "signed":
    case "signed integer":
      return { kind: "integer", bits: 64, unsigned: false };
    case "numeric":
    case "decimal":
      return { kind: "decimal", precision: first ?? null, scale: first === undefined ? null : (second ?? 0) };
    case "double precision":
    case "double":
    case "float8":
      return { kind: "float", bits: 64 };
    case "real":
    case "float4":
      return { kind: "float", bits: 32 };
    case "boolean":
    case "bool":
      return { kind: "boolean" };
    case "date":
      return { kind: "date" };
    case "timestamp without time zone":
    case "timestamp":
    case "datetime":
      return { kind: "timestamp", precision: first ?? 6, zone: false };
    case "timestamp with time zone":
    case "timestamptz":
      return { kind: "timestamp", precision: first ?? 6, zone: true };
    case "uuid":
      return { kind: "uuid" };
    case "json":
    case "jsonb":
      return { kind: "json", binary: name === "jsonb" };
    default:
      return null;
  }
}
