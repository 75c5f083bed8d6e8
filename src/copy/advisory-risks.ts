import type { PortableType, Risk, StorageClass } from "../core/portable.ts";

/**
 * What has to be looked for where the source does not enforce its types (SQLite outside of STRICT tables) and the
 * target holds the given one: values of another storage class, texts that are not written as the type demands, and
 * numbers that it would round. Times and uuids are kept in several classes, all of which the format knows.
 */
function advisoryRisks(type: PortableType): readonly Risk[] {
  switch (type.kind) {
    case "boolean":
      return [storage("integer"), { kind: "not-boolean" }];
    case "integer":
      return [storage("integer"), range(type.bits, type.unsigned)];
    case "year":
      return [storage("integer")];
    case "decimal":
      return [
        storage("integer", "real", "text"),
        { kind: "format", of: "number" },
        ...digits(type.precision, type.scale),
      ];
    case "float":
      return [storage("integer", "real")];
    case "text":
      return [
        storage("text"),
        ...(type.length === null
          ? []
          : [{ kind: "length", limit: type.length, unit: "characters" } as const]),
      ];
    case "enum":
    case "set":
    case "native":
    case "array":
    case "interval":
    case "bits":
      return [storage("text")];
    case "bytes":
      return [storage("blob")];
    case "time":
    case "timestamp":
      return [
        ...(type.kind === "time" && !type.signed ? [{ kind: "time-range" } as const] : []),
        { kind: "format", of: type.kind },
        { kind: "precision", digits: type.precision },
      ];
    case "date":
    case "uuid":
    case "json":
      return [{ kind: "format", of: type.kind }];
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

/** Of numeric(p,s): the target would round what has more digits after the point, and refuse what has more before it. */
function digits(precision: number | null, scale: number | null): Risk[] {
  if (precision === null) return [];
  const after = scale ?? 0;
  const largest = `${"9".repeat(precision - after) || "0"}${after > 0 ? `.${"9".repeat(after)}` : ""}`;
  return [
    { kind: "scale", digits: after },
    { kind: "range", minimum: `-${largest}`, maximum: largest },
  ];
}

export function range(bits: number, unsigned: boolean): Risk {
  const size = 1n << BigInt(bits);
  return unsigned
    ? { kind: "range", minimum: "0", maximum: String(size - 1n) }
    : { kind: "range", minimum: String(-size / 2n), maximum: String(size / 2n - 1n) };
}
