import type { Expression } from "../core/expression.ts";
import type {
  PortableColumn,
  PortableTable,
  Risk,
  RiskKind,
  TableName,
  TypeDecision,
} from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import { withEncoding } from "../core/with-encoding.ts";
import type { Answer, KeyColumn, Question } from "../engines/data-roles.ts";
import type { Session } from "../engines/engine.ts";
import { range, withAdvisory } from "./advisory-risks.ts";
import { askInParts, type Beside } from "./ask-in-parts.ts";
import type { SourceEngine, TargetEngine } from "./project.ts";
import { declaredDecision } from "./rules/declared-decision.ts";
import type { DeclaredType } from "./rules/ruled-table.ts";

/** What becomes of a column, and what of its values would be lost. */
export interface DecidedColumn {
  readonly column: PortableColumn;
  readonly decision: TypeDecision;
  /** The decision was changed because of the data. */
  readonly because: Finding | null;
  readonly losses: readonly Finding[];
}

/** A risk that the data show. */
export interface Finding {
  readonly risk: Risk;
  readonly rows: bigint;
  readonly examples: Answer["examples"];
}

export interface DecideOptions {
  readonly source: SourceEngine;
  readonly target: TargetEngine;
  readonly session: Session;
  readonly beside: Beside;
  readonly table: PortableTable;
  readonly targetName: TableName;
  /** Only these rows are copied: no other one's values count. */
  readonly where?: Expression | null | undefined;
  /** ServerFacts.version of the target. */
  readonly server: string;
  /** By name, the column of another table whose type a column must have, because it refers to it. */
  readonly referenced?: ReadonlyMap<string, PortableColumn>;
  /** By the source's name: what rules say of a column. */
  readonly ruled?: ReadonlyMap<string, ColumnRuling> | undefined;
  /** Texts whose bytes are copied as they are: no conversion loses anything of them. */
  readonly encodings?: ReadonlyMap<string, string>;
}

export interface ColumnRuling {
  /** A type that was declared by a rule; what does not fit it is a loss. */
  readonly declared: DeclaredType | null;
  /** A rule makes it part of a key. */
  readonly isKeyed: boolean;
  /** A rule makes it part of the primary key, and the source allows NULL. */
  readonly isRequired: boolean;
  /** Its values are computed: the source's data tell nothing of them. */
  readonly isComputed: boolean;
}

/**
 * Decides the target's types of a table's columns. Each decision names what of the values might not fit; the source
 * is then asked in one scan whether it has such values. Where it has, the decision's alternative is taken; where
 * there is none, the loss is told.
 */
export async function decideColumns(options: DecideOptions): Promise<DecidedColumn[]> {
  const {
    source,
    target,
    session,
    beside,
    table,
    targetName,
    where = null,
    server,
    referenced,
    ruled,
    encodings,
  } = options;
  const { ofTexts = [] } = source.profile;
  const keyed = keyedColumns(table);
  const identifying = identifyingColumns(table);
  const key = keyOf(table);
  const decided: DecidedColumn[] = table.columns.map((column) => {
    const ruling = ruled?.get(column.name);
    const { declared = null, isComputed = false, isRequired = false, isKeyed = false } = ruling ?? {};
    const usage = {
      table: targetName,
      keyed: isKeyed || keyed.has(column.name),
      identifies: isKeyed || identifying.has(column.name),
      server,
      sameEngine: source.id === target.id,
    };
    const decision =
      declared === null
        ? likeReferenced(column, referenced?.get(column.name), (each) => target.render.type(each, usage))
        : declaredDecision(target.render, column, usage, declared);
    const told = usage.sameEngine ? decision : withoutBeside(decision, column.beside ?? []);
    const asked = isRequired ? withoutNull(told) : told;
    return {
      column,
      decision: isComputed ? { ...decision, risks: [], otherwise: null } : asked,
      because: null,
      losses: [],
    };
  });
  let open = decided.map((_, index) => index);
  while (open.length > 0) {
    const asked = open.flatMap((index) => {
      const { column, decision } = decided[index]!;
      // The same declaration in the same engine enforces as little.
      const isKept = source.id === target.id && decision.sql === column.declared;
      const risks =
        column.advisory === true && !isKept ? withAdvisory(decision.risks, decision.type) : decision.risks;
      const isRead =
        /^(text|enum|set)$/.test(column.type.kind) &&
        ruled?.get(column.name)?.isComputed !== true &&
        encodings?.has(column.name) !== true;
      return [...risks, ...(isRead ? ofTexts : [])].map((risk): Question & { index: number } => {
        return { index, column: column.name, from: column.type, risk };
      });
    });
    if (asked.length === 0) break;
    const answers = await askInParts(source, session, beside, { table, key, questions: asked, where });
    const next: number[] = [];
    for (const index of open) {
      const findings = asked.flatMap((question, n): Finding[] => {
        const answer = answers[n];
        if (question.index !== index || answer === undefined || answer.rows === 0n) return [];
        return [{ risk: question.risk, rows: answer.rows, examples: answer.examples }];
      });
      const before = decided[index]!;
      // Another type mends nothing of what the source's own conversion loses.
      const first = findings.find(({ risk }) => !ofTexts.includes(risk));
      if (first !== undefined && before.decision.otherwise !== null) {
        decided[index] = { ...before, decision: before.decision.otherwise, because: first };
        next.push(index);
      } else decided[index] = { ...before, losses: findings };
    }
    // Only columns whose decision changed are asked about again.
    open = next;
  }
  return decided;
}

/** The type of what the column refers to, and a risk where its own would hold more. */
function likeReferenced(
  column: PortableColumn,
  referenced: PortableColumn | undefined,
  decide: (column: PortableColumn) => TypeDecision,
): TypeDecision {
  if (referenced === undefined) return decide(column);
  const { type, declared, identity } = referenced;
  const decision = decide({ ...column, type, declared, identity });
  if (decision.type.kind !== "integer" || column.type.kind !== "integer") return decision;
  const { bits, unsigned } = decision.type;
  const holdsAll =
    column.type.unsigned === unsigned
      ? column.type.bits <= bits
      : column.type.unsigned && column.type.bits < bits;
  // An identity names the risk itself.
  const isNamed = decision.risks.some(({ kind }) => kind === "range");
  return holdsAll || isNamed ? decision : { ...decision, risks: [...decision.risks, range(bits, unsigned)] };
}

/** Tells what only the source's own engine says of a column. */
function withoutBeside(decision: TypeDecision, beside: readonly string[]): TypeDecision {
  if (beside.length === 0) return decision;
  const { loses, otherwise } = decision;
  return {
    ...decision,
    loses: [...(loses === null ? [] : [loses]), ...beside].join("; "),
    otherwise: otherwise === null ? null : withoutBeside(otherwise, beside),
  };
}

function withoutNull(decision: TypeDecision): TypeDecision {
  const { risks, otherwise } = decision;
  return {
    ...decision,
    risks: [...risks, { kind: "null" }],
    otherwise: otherwise === null ? null : withoutNull(otherwise),
  };
}

/** The key by which rows are told apart: the primary key, or the first unique one without NULLs; [] where there is none. */
export function keyOf(table: PortableTable): readonly KeyColumn[] {
  const typeOf = (name: string) => table.columns.find((column) => column.name === name);
  const isFirm = (columns: readonly string[]) => columns.every((name) => typeOf(name)?.nullable === false);
  const unique = table.uniques.find(({ columns }) => isFirm(columns));
  const index = table.indexes.find(
    ({ unique: isUnique, parts, where }) =>
      isUnique &&
      where === null &&
      parts.every(({ column, prefix }) => column !== null && prefix === null) &&
      isFirm(parts.flatMap(({ column }) => column ?? [])),
  );
  const primary = table.primaryKey?.columns;
  const names =
    primary !== undefined && isFirm(primary)
      ? primary
      : (unique?.columns ?? index?.parts.flatMap(({ column }) => column ?? []) ?? []);
  return names.flatMap((name) => {
    const column = typeOf(name);
    return column === undefined ? [] : [{ name, type: column.type, ...withEncoding(column) }];
  });
}

function keyedColumns(table: PortableTable): ReadonlySet<string> {
  return new Set([
    ...(table.primaryKey?.columns ?? []),
    ...table.uniques.flatMap(({ columns }) => columns),
    // Full texts, documents and places are indexed as they are, however long.
    ...table.indexes
      .filter(({ method }) => method === "btree" || method === "hash")
      .flatMap(({ parts }) =>
        parts.flatMap(({ column, prefix }) => (prefix === null && column !== null ? [column] : [])),
      ),
    ...table.foreignKeys.flatMap(({ columns }) => columns),
  ]);
}

function identifyingColumns(table: PortableTable): ReadonlySet<string> {
  return new Set([
    ...(table.primaryKey?.columns ?? []),
    ...table.uniques.flatMap(({ columns }) => columns),
    ...table.indexes
      .filter(({ unique }) => unique)
      .flatMap(({ parts }) => parts.flatMap(({ column }) => column ?? [])),
    ...table.foreignKeys.flatMap(({ columns }) => columns),
  ]);
}

/** How a loss is accepted on the command line: "public.orders.placed_at:zero-date". */
export function lossName(table: TableName, column: string, kind: RiskKind): string {
  return `${tableKey(table)}.${column}:${kind}`;
}
