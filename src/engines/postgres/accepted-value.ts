import type { PortableType, Risk, RiskKind } from "../../core/portable.ts";
import { nulEscapePattern, riskSql } from "./profile-risk.ts";

/** The value of a column after the losses that were accepted, as SQL of the same type or of text. */
export function acceptedSql(
  value: string,
  accepts: readonly RiskKind[],
  from: PortableType,
  to: PortableType,
): string {
  let sql = value;
  const conditions = accepts.flatMap((kind) => {
    const risk = nullRisk(kind, to);
    return (risk === null ? null : riskSql(value, from, risk)) ?? [];
  });
  if (accepts.includes("nul-character") && from.kind === "json" && !from.binary) {
    sql = `regexp_replace(${sql}::text, ${nulEscapePattern}, '\\1', 'g')::json`;
  }
  if (accepts.includes("length") && (to.kind === "text" || to.kind === "bytes") && to.length !== null) {
    if (from.kind !== "array" && from.kind !== "json" && from.kind !== "bytes")
      sql = `left(${sql}::text, ${to.length})`;
    else if (from.kind === "bytes") sql = `substring(${sql} FROM 1 FOR ${to.length})`;
  }
  if (
    accepts.includes("scale") &&
    to.kind === "decimal" &&
    (from.kind === "decimal" || from.kind === "float")
  ) {
    sql = `round(${from.kind === "float" ? `${sql}::text` : sql}::numeric, ${to.scale ?? 0})`;
  }
  if (accepts.includes("precision") && (to.kind === "timestamp" || to.kind === "time")) {
    const unit = `interval '1 microsecond' * (extract(microseconds FROM ${sql})::bigint % ${10 ** (6 - Math.min(6, to.precision))})`;
    if (from.kind === "timestamp" || from.kind === "time") sql = `(${sql} - ${unit})`;
  }
  return conditions.length === 0 ? sql : `CASE WHEN ${conditions.join(" OR ")} THEN NULL ELSE ${sql} END`;
}

/** The losses whose value becomes NULL. */
function nullRisk(kind: RiskKind, to: PortableType): Risk | null {
  switch (kind) {
    case "not-a-number":
    case "infinity":
    case "empty-enum":
    case "zero-date":
      return { kind };
    case "format":
      return formatOf(to);
    default:
      return null;
  }
}

function formatOf({ kind }: PortableType): Risk | null {
  switch (kind) {
    case "date":
    case "time":
    case "timestamp":
    case "integer":
    case "uuid":
    case "json":
      return { kind: "format", of: kind };
    case "decimal":
    case "float":
      return { kind: "format", of: "number" };
    default:
      return null;
  }
}
