import type { PortableType, Risk } from "../../core/portable.ts";

/**
 * What of a column's values might not fit a type that a rule gives it. The engine's own decision knows the type it
 * would have taken; what is narrower than the source is looked for in the data all the same.
 */
export function narrowingRisks(from: PortableType, to: PortableType): readonly Risk[] {
  switch (to.kind) {
    case "integer":
      return wholeRisks(from, to);
    case "decimal":
      return decimalRisks(from, to);
    case "float":
      return isNumber(from) ? [] : [{ kind: "format", of: "number" }];
    case "boolean":
      return from.kind === "boolean" ? [] : [{ kind: "not-boolean" }];
    case "text":
    case "bytes":
      return lengthRisks(from, to);
    case "date":
      if (from.kind === "timestamp") return [{ kind: "precision", digits: 0 }];
      return from.kind === "date" ? [] : [{ kind: "format", of: "date" }];
    case "time":
    case "timestamp":
      return timeRisks(from, to);
    case "uuid":
      return from.kind === "uuid" ? [] : [{ kind: "format", of: "uuid" }];
    case "json":
      return from.kind === "json" ? [] : [{ kind: "format", of: "json" }];
    default:
      return [];
  }
}

type Typed<K extends PortableType["kind"]> = Extract<PortableType, { readonly kind: K }>;

function wholeRisks(from: PortableType, to: Typed<"integer">): Risk[] {
  const [minimum, maximum] = bounds(to);
  const range: Risk = { kind: "range", minimum: String(minimum), maximum: String(maximum) };
  if (from.kind === "integer") {
    const [least, most] = bounds(from);
    return least < minimum || most > maximum ? [range] : [];
  }
  if (from.kind === "boolean" || (from.kind === "year" && to.bits > 8)) return [];
  if (from.kind === "year") return [range];
  if (from.kind === "decimal" || from.kind === "float") {
    const isWhole = from.kind === "decimal" && from.scale === 0;
    return [range, ...(isWhole ? [] : [{ kind: "scale", digits: 0 } as const])];
  }
  return [{ kind: "format", of: "integer" }];
}

function decimalRisks(from: PortableType, { precision, scale }: Typed<"decimal">): Risk[] {
  if (!isNumber(from)) return [{ kind: "format", of: "number" }];
  if (precision === null) return [];
  const digits = scale ?? 0;
  const before = precision - digits;
  // The greatest number of the type: as many nines as fit.
  const greatest = `${"9".repeat(before) || "0"}${digits > 0 ? `.${"9".repeat(digits)}` : ""}`;
  const risks: Risk[] = [];
  const own = wholeDigits(from);
  if (own === null || own > before) risks.push({ kind: "range", minimum: `-${greatest}`, maximum: greatest });
  const hasFraction =
    from.kind === "float" || (from.kind === "decimal" && (from.scale ?? digits + 1) > digits);
  if (hasFraction) risks.push({ kind: "scale", digits });
  return risks;
}

/** How many digits stand before the point at most; null where any number may. */
function wholeDigits(from: PortableType): number | null {
  if (from.kind === "integer") return String(bounds(from)[1]).length;
  if (from.kind === "boolean") return 1;
  if (from.kind === "year") return 4;
  return from.kind === "decimal" && from.precision !== null ? from.precision - (from.scale ?? 0) : null;
}

function lengthRisks(from: PortableType, { kind, length }: Typed<"text"> | Typed<"bytes">): Risk[] {
  if (length === null) return [];
  if (from.kind === kind && from.length !== null && from.length <= length) return [];
  if (from.kind === "uuid" && length >= 36) return [];
  return [{ kind: "length", limit: length, unit: kind === "text" ? "characters" : "bytes" }];
}

function timeRisks(from: PortableType, to: Typed<"time"> | Typed<"timestamp">): Risk[] {
  if (from.kind === to.kind) {
    const risks: Risk[] = from.precision > to.precision ? [{ kind: "precision", digits: to.precision }] : [];
    if (from.kind === "time" && from.signed && to.kind === "time" && !to.signed)
      risks.push({ kind: "time-range" });
    return risks;
  }
  return from.kind === "date" && to.kind === "timestamp" ? [] : [{ kind: "format", of: to.kind }];
}

function isNumber({ kind }: PortableType): boolean {
  return (
    kind === "integer" || kind === "decimal" || kind === "float" || kind === "year" || kind === "boolean"
  );
}

function bounds({ bits, unsigned }: Typed<"integer">): [bigint, bigint] {
  const size = BigInt(bits);
  return unsigned ? [0n, 2n ** size - 1n] : [-(2n ** (size - 1n)), 2n ** (size - 1n) - 1n];
}
