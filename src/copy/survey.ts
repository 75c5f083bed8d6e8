import { GodwitError } from "../core/error.ts";
import type {
  PortableColumn,
  PortableForeignKey,
  PortableSchema,
  PortableTable,
  PortableType,
  TableName,
} from "../core/portable.ts";
import { tableKey } from "../core/table-key.ts";
import { withEncoding } from "../core/with-encoding.ts";
import type { TargetTable } from "../engines/data-roles.ts";
import type { Session, Traits } from "../engines/engine.ts";
import { type DecidedColumn, decideColumns, keyOf } from "./decide.ts";
import { type DuplicateKey, duplicateKeys } from "./duplicate-keys.ts";
import { withEmptiedColumns } from "./emptied-columns.ts";
import { acceptedOf, type Loss, lossesOf } from "./losses.ts";
import { withObjectNames } from "./object-names.ts";
import { objectName } from "./objects/object-name.ts";
import { noObjects, type ObjectsPlan } from "./objects/model.ts";
import { planObjects } from "./objects/plan-objects.ts";
import { inNeutralWords, inOwnWords, ownOfCopied, takesWordsOf, withoutMakers } from "./own-words.ts";
import { type CopyChoice, type CopyProject, makesDatabase, makesRowsAlone, makesTables } from "./project.ts";
import { comesBack } from "../run/compare/read-back.ts";
import { refuseHidden } from "./refuse-hidden.ts";
import { longestRowOf, refuseLongValues } from "./refuse-long-values.ts";
import { swapRole } from "./refresh.ts";
import { referencedNumbers } from "./referenced-numbers.ts";
import { newTwin, sharedEncodings } from "./shared-encodings.ts";
import { selectTables } from "./select-tables.ts";
import { targetNames } from "./target-names.ts";
import { ruledTables } from "./ruled-tables.ts";
import type { RuleWarning } from "./rules/model.ts";
import type { RuledTable } from "./rules/ruled-table.ts";
import { targetColumns, targetParts, type TargetParts } from "./rules/target-parts.ts";
import { withSession } from "./with-session.ts";
import { foldName } from "./fold-name.ts";
import type { CopyColumn, CopyTable, Watermark } from "../core/plan.ts";

/** All that is known of a copy before it is planned: the source's tables and what becomes of each. */
export interface Survey {
  readonly tables: readonly SurveyedTable[];
  readonly losses: readonly Loss[];
  readonly duplicates: readonly DuplicateKey[];
  /** Views, triggers, routines and the like. */
  readonly objects: ObjectsPlan;
  /** Foreign keys that refer to a table which is not copied. */
  readonly dropped: readonly string[];
  /** Indexes, keys and the like that the target has no equivalent of. */
  readonly undone: readonly string[];
  /** Of the mapping rules: what means nothing here, or hardly what was meant. */
  readonly warnings: readonly RuleWarning[];
}

export interface SurveyedTable {
  readonly source: PortableTable;
  /** As it is made: in a refresh beside its place. */
  readonly target: TargetTable;
  /** As it is in the end. */
  readonly placed: TargetTable;
  readonly columns: readonly DecidedColumn[];
  readonly copy: CopyTable;
  /** What of the copy can be held against its source: columns that are made by chance cannot. */
  readonly compared: CopyTable;
  /** How far it will be copied, where that is to be kept. */
  readonly watermark: Watermark | null;
  /** By a rule; higher is copied first. */
  readonly order: number;
}

/** What of the target decides how the copy is made. */
export interface TargetSide {
  /** "PostgreSQL", "MariaDB". */
  readonly product: string;
  /** Its version. */
  readonly server: string;
  /** What it has already. */
  readonly there: PortableSchema;
}

export interface Schemas {
  /** The source's. */
  readonly read: PortableSchema;
  readonly side: TargetSide;
}

/** Decides about the source's schema, and reads its data where a type demands it. Throws GW7004 for what cannot be named. */
export async function survey(
  project: CopyProject,
  choice: CopyChoice,
  session: Session,
  { read, side: { product, server, there } }: Schemas,
): Promise<Survey> {
  const { source, target } = project;
  const from = await source.engine.connect.facts(session);
  const isSameProduct = from.product === product;
  const takesAll = takesWordsOf(from.version, server);
  const isOwn = isSameProduct && project.rules === undefined;
  const schema = {
    ...(isOwn && takesAll ? read : withoutMakers(read)),
    tables: read.tables.map((table) =>
      isOwn ? inOwnWords(table, source.engine.id, takesAll) : inNeutralWords(table),
    ),
  };
  const { tables: chosen, warnings } = ruledTables(
    project,
    schema.tables,
    selectTables(schema.tables, choice),
  );
  if (chosen.length === 0) {
    throw new GodwitError("GW7004", { message: `${source.target.display} has no tables to copy` });
  }
  if (choice.schemaOnly !== true)
    await refuseHidden(project, "source", session, { there: chosen.map((ruled) => ruled.source) });
  const bySource = new Map(chosen.map((ruled) => [tableKey(ruled.source), ruled]));
  const sources = new Map(chosen.map((ruled) => [tableKey(ruled.source), ruled.source]));
  const sides = {
    sourceDefault: source.engine.render?.defaultSchema ?? "",
    targetDefault: target.engine.render.defaultSchema,
    traits: target.engine.traits,
  };
  const names = targetNames(
    chosen.map((ruled) => ruled.source),
    sides,
    bySource,
  );
  const swap = choice.mode === "refresh" ? swapRole(project) : null;
  const { database } = target.target;
  const besides = new Map(
    [...names].map(([key, name]) => [key, swap === null ? name : swap.beside(name, database)]),
  );
  const longestRow = choice.schemaOnly === true ? null : await longestRowOf(project);
  const dropped: string[] = [];
  const losses: Loss[] = [];
  const tables: SurveyedTable[] = [];
  for (const ruled of chosen) {
    const table = ruled.source;
    const placedName = names.get(tableKey(table)) as TableName;
    // What is made anew takes nothing from the one that is there.
    const existing = makesTables(choice) ? undefined : twinOf(placedName, there, target.engine.traits);
    const fold = (name: string) => foldName(target.engine.traits, name);
    const columnThere = (name: string) => existing?.columns.find((each) => fold(each.name) === fold(name));
    const encodings = sharedEncodings(ruled, (column, name) =>
      !isSameProduct ? undefined : existing === undefined ? newTwin(column) : columnThere(name),
    );
    if (choice.schemaOnly !== true) await refuseLongValues(project, ruled, encodings, session, longestRow);
    const targetName = besides.get(tableKey(table)) as TableName;
    const columns = await decideColumns({
      source: source.engine,
      target: target.engine,
      session,
      beside: (work) => withSession(project, "source", work),
      where: ruled.where,
      table: { ...table, columns: ruled.columns.map(({ column }) => column) },
      targetName,
      server,
      // Within one engine columns stay what they are, and it has taken them so.
      ...(source.engine.id === target.engine.id ? {} : { referenced: referencedNumbers(table, sources) }),
      ruled: new Map(
        ruled.columns.map(({ column, name, declared, value }) => {
          const isRequired = column.nullable && ruled.key?.columns.includes(name) === true;
          const isKeyed = [ruled.key, ruled.unique].some((key) => key?.columns.includes(name) === true);
          return [column.name, { declared, isKeyed, isRequired, isComputed: value !== null }];
        }),
      ),
      encodings,
    });
    const own = lossesOf(table, columns);
    losses.push(...own);
    const whole = targetParts(ruled, bySource);
    const parts = withEmptiedColumns(whole, ruled, own, choice.allow ?? [], (text) => dropped.push(text));
    dropped.push(...parts.dropped);
    const translated = withCopiedReferences({ ...table, ...parts.parts }, names, dropped);
    const placed = targetTable(translated, placedName, parts, columns, { names, server });
    const made = copyTable(project, choice, {
      ruled,
      targetName,
      columns,
      losses: own,
      columnThere,
      encodings,
      isComputed: placed.columns.map((column) => {
        const twin = existing?.columns.find(({ name }) => name === column.name);
        return twin === undefined ? target.engine.render.generates(placed, column) : twin.generated !== null;
      }),
    });
    const copy = swap === null ? made : { ...made, placed: placedName };
    const chance = new Set(
      ruled.columns.flatMap(({ incomparable, name }) => (incomparable === null ? [] : name)),
    );
    tables.push({
      source: table,
      target: targetTable(translated, targetName, parts, columns, {
        names: swap?.isWhole === false ? names : besides,
        server,
      }),
      placed,
      columns,
      copy,
      compared: {
        ...copy,
        columns: copy.columns.filter((column) => !chance.has(column.target)),
        // The sum is of all columns, also of those that are made by chance.
        readBack: copy.readBack === true && chance.size === 0,
      },
      watermark: null,
      order: ruled.order,
    });
  }
  const withNames = (all: readonly TargetTable[]) =>
    withObjectNames(all, target.engine.traits, source.engine.id === target.engine.id);
  const targets = withNames(tables.map((table) => table.target));
  const placed = withNames(tables.map((table) => table.placed));
  const named = tables.map((table, n) =>
    Object.assign({}, table, { target: targets[n]!, placed: placed[n]! }),
  );
  const undone = targets.flatMap((table) => target.engine.render.ddl(table).undone);
  if (choice.mode === "refresh")
    dropped.push(...untoldByRefresh(schema, named, project.source.engine.id === project.target.engine.id));
  const objects = makesDatabase(choice)
    ? planObjects({ project, schema, tables: named, sides, isSameProduct, there })
    : noObjects;
  const duplicates = isSameProduct ? [] : await duplicateKeys(project, named, session);
  return { tables: named, losses, duplicates, objects, dropped, undone, warnings };
}

/** What a refresh makes tables without, because it makes them beside their places: parts that only their own statements say. */
function untoldByRefresh(
  { leftovers }: PortableSchema,
  tables: readonly SurveyedTable[],
  isSameEngine: boolean,
): string[] {
  if (!isSameEngine) return [];
  const copied = new Map(tables.map(({ source }) => [tableKey(source), source]));
  return leftovers.flatMap((leftover) => {
    const { kind, table, own: words } = leftover;
    const source = table === null ? undefined : copied.get(tableKey(table));
    if (words === undefined || source === undefined) return [];
    const said = source.own;
    // A statement that its engine takes apart is made under any name.
    return said !== undefined && (words === "parts" || said.statement !== undefined)
      ? []
      : [`${kind} ${objectName(leftover)}: a refresh does not make it`];
  });
}

/** The table that is there already under that name. */
function twinOf(table: TableName, there: PortableSchema, traits: Traits): PortableTable | undefined {
  const fold = (one: TableName) => foldName(traits, tableKey(one));
  return there.tables.find((one) => fold(one) === fold(table));
}

/** Without the foreign keys that refer to tables which are not copied. */
function withCopiedReferences(
  table: PortableTable,
  names: ReadonlyMap<string, TableName>,
  dropped: string[],
): PortableTable {
  const isCopied = ({ name, references }: PortableForeignKey) => {
    if (names.has(tableKey(references))) return true;
    dropped.push(`foreign key ${name} of ${tableKey(table)}: ${tableKey(references)} is not copied`);
    return false;
  };
  const own = ownOfCopied(table, (other) => names.has(tableKey(other)));
  return { ...table, foreignKeys: table.foreignKeys.filter(isCopied), ...(own === undefined ? {} : { own }) };
}

function targetTable(
  table: PortableTable,
  name: TableName,
  parts: TargetParts,
  columns: readonly DecidedColumn[],
  { names, server }: { readonly names: ReadonlyMap<string, TableName>; readonly server: string },
): TargetTable {
  return {
    ...table,
    ...name,
    server,
    foreignKeys: table.foreignKeys.map((key) => ({
      ...key,
      references: { ...key.references, ...names.get(tableKey(key.references)) },
    })),
    columns: columns.map(({ decision }, index) => Object.assign({}, parts.columns[index], { decision })),
  };
}

function copyTable(
  { source, target }: CopyProject,
  { mode = "create", allow = [] }: CopyChoice,
  {
    ruled,
    targetName,
    columns,
    losses,
    columnThere,
    encodings,
    isComputed,
  }: {
    readonly ruled: RuledTable;
    readonly targetName: TableName;
    readonly columns: readonly DecidedColumn[];
    readonly losses: readonly Loss[];
    /** By the target's name: a column of the table that is there, which may have another type. */
    readonly columnThere: (name: string) => PortableColumn | undefined;
    readonly encodings: ReadonlyMap<string, string>;
    /** By column: the target computes it. */
    readonly isComputed: readonly boolean[];
  },
): CopyTable {
  const { source: table, where } = ruled;
  const copied = columns.flatMap(({ column, decision }, index): CopyColumn[] => {
    const { name, value } = ruled.columns[index]!;
    if (isComputed[index] === true) return [];
    const accepts = acceptedOf(losses, column.name, allow);
    const { type: to, sql } = decision;
    const encoding = encodings.get(column.name);
    return [
      {
        source: column.name,
        value,
        from: column.type,
        target: name,
        to,
        sql,
        accepts,
        ...withEncoding({ encoding }),
      },
    ];
  });
  const key = keyOf(table);
  const { isNative = () => true } = source.engine.read;
  const native =
    source.engine.id === target.engine.id &&
    columns.every(({ column }) => isNative(column)) &&
    copied.every(({ from, to, value, accepts = [], target: name }) => {
      const twin = columnThere(name);
      const isOneType = (other: PortableType) => JSON.stringify(from) === JSON.stringify(other);
      // A number's own form in a column of money that is there would be taken for an amount of cents.
      const fits = twin === undefined || (isNative(twin) && isOneType(twin.type));
      return value === null && accepts.length === 0 && isOneType(to) && fits;
    });
  return {
    source: { schema: table.schema, name: table.name },
    target: targetName,
    columns: copied,
    key,
    where,
    estimate: table.estimate,
    shape: table.columns.map(({ name }) => name),
    native,
    readBack:
      makesRowsAlone(mode) &&
      !native &&
      target.engine.read !== undefined &&
      target.engine.chunk !== undefined &&
      copied.every(({ from, to, target: name }) => {
        const twin = columnThere(name);
        return comesBack(from, to) && (twin === undefined || comesBack(to, twin.type));
      }),
    upsertBy: makesRowsAlone(mode) ? null : upsertKey(key, ruled),
  };
}

/** The target's names of the key by which rows are replaced. */
function upsertKey(key: CopyTable["key"], ruled: RuledTable): string[] {
  const names = targetColumns(ruled);
  if (key.length === 0) {
    throw new GodwitError("GW7004", {
      message: `${tableKey(ruled.source)} has no unique key without NULLs, by which its rows could be replaced`,
      hint: "Leave it out with --exclude, and copy it with --mode truncate or refresh.",
      details: { table: tableKey(ruled.source) },
    });
  }
  return key.map(({ name }) => {
    const target = names.get(name);
    if (target !== undefined) return target;
    throw new GodwitError("GW7004", {
      message: `${tableKey(ruled.source)} cannot be copied by its key, because a rule leaves out ${name}`,
    });
  });
}
