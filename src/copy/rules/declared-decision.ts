import type { PortableColumn, Risk, RiskKind, TypeDecision } from "../../core/portable.ts";
import type { ColumnUsage, RenderRole } from "../../engines/data-roles.ts";
import { narrowingRisks } from "./narrowing.ts";
import type { DeclaredType } from "./ruled-table.ts";

/** Risks that a value has whatever the type is called: the target's server cannot hold it. */
const ofValues: ReadonlySet<RiskKind> = new Set([
  ...(["nul-character", "invalid-encoding", "zero-date", "not-a-number", "infinity", "year-range"] as const),
  ...(["empty-enum", "storage-class", "json-lossy"] as const),
]);

/**
 * The decision for a column whose type a rule gives: it is taken as it is, so there is nothing that would be taken
 * otherwise. What of the values does not fit it is still asked for, and stops the copy until it is accepted by name.
 */
export function declaredDecision(
  render: RenderRole,
  column: PortableColumn,
  usage: ColumnUsage,
  { type, rule }: DeclaredType,
): TypeDecision {
  const plain = render.type(column, usage);
  const { sql, type: made, loses, risks } = render.type({ ...column, type, declared: rule }, usage);
  const all: readonly Risk[] = [
    // A number is no text with a NUL in it: only what the new type can show is asked.
    ...plain.risks.filter(
      ({ kind }) => ofValues.has(kind) && (kind !== "nul-character" || made.kind === "text"),
    ),
    ...risks.filter(({ kind }) => ofValues.has(kind)),
    ...narrowingRisks(column.type, made),
  ];
  const unique = new Map(all.map((risk) => [JSON.stringify(risk), risk]));
  return {
    sql,
    type: made,
    reason: `declared by ${rule}`,
    loses,
    risks: [...unique.values()],
    otherwise: null,
  };
}
