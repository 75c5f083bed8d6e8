import type { PortableType, Risk, StorageClass } from "../core/portable.ts";

/**
 * What has to be looked for where the source does not enforce its types (SQLite outside of STRICT tables): values
 * of another storage class, and texts that are not written as the type demands.
 */
export function advisoryRisks(type: PortableType): readonly Risk[] {
  switch (type.kind) {
    case "boolean":
      return [storage("integer"), { kind: "not-boolean" }];
    case "integer":
      return [storage("integer"), range(type.bits, type.unsigned)];
    case "year":
      return [storage("integer")];
    case "decimal":
      return [storage("integer", "real", "text"), { kind: "format", of: "number" }];
    case "float":
      return [storage("integer", "real")];
    case "text":
    case "enum":
    case "set":
    case "native":
    case "array":
    case "interval":
    case "bits":
      return [storage("text")];
    case "bytes":
      return [storage("blob")];
    case "date":
    case "time":
    case "timestamp":
    case "uuid":
    case "json":
      return [storage("text"), { kind: "format", of: type.kind }];
    case "any":
      return [];
  }
}

/** The target's own risks, and those of a source that promises nothing, each kind once. */
export function withAdvisory(risks: readonly Risk[], type: PortableType): readonly Risk[] {
  const known = new Set(risks.map(({ kind }) => kind));
  return [...risks, ...advisoryRisks(type).filter(({ kind }) => !known.has(kind))];
}

function storage(...expected: readonly StorageClass[]): Risk {
  return { kind: "storage-class", expected };
}

function range(bits: number, unsigned: boolean): Risk {
  const size = 1n << BigInt(bits);
  return unsigned
    ? { kind: "range", minimum: "0", maximum: String(size - 1n) }
    : { kind: "range", minimum: String(-size / 2n), maximum: String(size / 2n - 1n) };
}
