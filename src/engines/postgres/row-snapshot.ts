import type { ObjectName, RowChange } from "../../core/plan.ts";
import type { TableName } from "../../core/portable.ts";
import type { Session } from "../engine.ts";
import type { Consequence, KeptColumn, KeptTable, Keeping, RowSnapshotRole } from "../row-snapshot-role.ts";
import { rows, userSchema } from "./inspect-catalog.ts";
import { keptMark, notKept } from "./kept-mark.ts";
import { qualifiedName } from "./qualified-name.ts";
import { literal, quoted, tableSql } from "./sql-text.ts";
import { changeOf } from "./syntax.ts";

export const rowSnapshot: RowSnapshotRole = {
  changeOf,
  table,
  async make(session, of, name) {
    const made = tableSql({ schema: of.schema, name });
    // LIKE takes generated and identity columns as plain ones, and no defaults.
    await session.execute(`CREATE TABLE ${made} (LIKE ${tableSql(of)})`);
    await session.execute(`COMMENT ON TABLE ${made} IS ${literal(`${keptMark} of ${of.name}`)}`);
  },
  async drop(session, name) {
    await session.execute(`DROP TABLE IF EXISTS ${tableSql(name)}`);
  },
  made: (session) =>
    rows<TableName>(
      session,
      `SELECT n.nspname AS schema, c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind = 'r' AND ${userSchema("n")} AND NOT (${notKept("c.oid")}) ORDER BY 1, 2`,
    ),
  async capture(session, { change, table: of, into }: Keeping) {
    const isJoined = !/\nFOR UPDATE OF "[^\n]*$/.test(change.rows);
    const query = isJoined
      ? `SELECT t.* FROM ${tableSql(of)} AS t WHERE (t.tableoid, t.ctid) IN (${change.rows}\n) FOR UPDATE OF t`
      : change.rows;
    await session.execute(`INSERT INTO ${tableSql({ schema: of.schema, name: into })} ${query}`);
  },
  /**
   * Written by the same transaction, and by a later command of it than the one that kept the row. A statement of the
   * file before that one may have written the row as well, which the transaction's number alone would not tell.
   */
  isChanged: (_, of, kept) =>
    `(${of}.xmin = ${kept}.xmin AND ${of}.cmin::text::bigint > ${kept}.cmin::text::bigint)`,
  affected: (_session, _change, reported) => reported,
  // By their bytes: 1.0 and 1.00 are equal to the server, and json has no equality at all.
  differs: ({ name }, left, right) =>
    `(ROW(${left}.${quoted(name)})::record *<> ROW(${right}.${quoted(name)})::record)`,
  size: (_, row) => `pg_column_size(${row}.*)`,
  // The table, because a row that is not there cannot be locked; and switching triggers off asks for this lock anyway.
  lock: (of) => `LOCK TABLE ${of} IN SHARE ROW EXCLUSIVE MODE`,
  current: "",
  update: ({ table: of, kept, columns, on }) =>
    `UPDATE ${of} AS t SET ${columns.map((name) => `${quoted(name)} = s.${quoted(name)}`).join(", ")}
       FROM ${kept} AS s WHERE ${on}`,
  insertInto: (of, columns) =>
    `INSERT INTO ${of} (${columns.map(quoted).join(", ")}) OVERRIDING SYSTEM VALUE`,
  undisturbed,
};

interface Found {
  readonly schema: string;
  readonly name: string;
  readonly kind: string;
  readonly persistence: string;
  readonly children: boolean;
  readonly rules: readonly string[] | null;
  readonly policies: boolean;
  readonly columns: readonly (KeptColumn & { readonly no: number })[];
  readonly keys: readonly (readonly string[])[] | null;
  readonly triggers: readonly { readonly name: string; readonly type: number }[] | null;
  readonly references:
    | readonly {
        readonly table: string;
        readonly onDelete: string;
        readonly onUpdate: string;
        readonly columns: readonly string[];
      }[]
    | null;
}

async function table(session: Session, name: ObjectName): Promise<KeptTable | null> {
  const [found] = await rows<Found>(session, tableQuery(qualifiedName(name)));
  if (found === undefined) return null;
  return {
    schema: found.schema,
    name: found.name,
    columns: found.columns.map(({ name: column, type, generated, updatable }) => ({
      name: column,
      type,
      generated,
      updatable,
    })),
    keys: found.keys ?? [],
    refused: refusalOf(found),
    consequences: [...triggersOf(found), ...cascadesOf(found)],
  };
}

/** The table and its partitions, which may have triggers of their own. */
const withPartitions = (oid: string) => `SELECT ${oid} UNION SELECT relid FROM pg_partition_tree(${oid})`;

const tableQuery = (name: string) => `
  SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind, c.relpersistence AS persistence,
    (c.relkind = 'r' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid)) AS children,
    (SELECT json_agg(r.rulename) FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN') AS rules,
    row_security_active(c.oid) AS policies,
    (SELECT coalesce(json_agg(json_build_object('no', a.attnum, 'name', a.attname,
        'type', format_type(a.atttypid, a.atttypmod), 'generated', a.attgenerated <> '',
        'updatable', a.attgenerated = '' AND a.attidentity <> 'a') ORDER BY a.attnum), '[]')
      FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
    (SELECT json_agg((SELECT json_agg(a.attname ORDER BY k.no) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, no)
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum WHERE k.no <= i.indnkeyatts)
        ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid)
      FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indimmediate
        AND i.indpred IS NULL AND i.indexprs IS NULL
        AND NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, no)
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
          WHERE k.no <= i.indnkeyatts AND NOT a.attnotnull)) AS keys,
    (SELECT json_agg(json_build_object('name', g.tgname, 'type', g.tgtype) ORDER BY g.tgname) FROM pg_trigger g
      WHERE g.tgrelid IN (${withPartitions("c.oid")}) AND NOT g.tgisinternal AND g.tgenabled NOT IN ('D', 'R')) AS triggers,
    (SELECT json_agg(json_build_object('table', k.conrelid::regclass::text, 'onDelete', k.confdeltype,
        'onUpdate', k.confupdtype, 'columns', (SELECT json_agg(a.attname) FROM pg_attribute a
          WHERE a.attrelid = c.oid AND a.attnum = ANY (k.confkey))) ORDER BY k.conrelid::regclass::text)
      FROM pg_constraint k WHERE k.contype = 'f' AND k.confrelid = c.oid AND k.conparentid = 0
        AND (k.confdeltype IN ('c', 'n', 'd') OR k.confupdtype IN ('c', 'n', 'd'))) AS references
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(${literal(name)})`;

function refusalOf(found: Found): string | null {
  if (found.kind !== "r" && found.kind !== "p") return "is no table of rows of its own";
  if (found.persistence === "t") return "is temporary, and gone when the rows would be put back";
  if (found.children) return "has tables that inherit from it, whose rows are wider than its own";
  if (found.rules !== null)
    return `has the rule ${found.rules.join(", ")}, which makes another statement of this one`;
  if (found.policies) return "has row security, which hides rows from this role";
  return null;
}

/** Bits of pg_trigger.tgtype. */
const onDelete = 8;
const onUpdate = 16;

function triggersOf({ triggers }: Found): Consequence[] {
  return (triggers ?? []).flatMap(({ name, type }) => {
    const on: RowChange["action"][] = [
      ...((type & onDelete) > 0 ? (["delete"] as const) : []),
      ...((type & onUpdate) > 0 ? (["update"] as const) : []),
    ];
    if (on.length === 0) return [];
    return [{ on: [...on, "merge" as const], columns: null, message: `the trigger ${name} runs` }];
  });
}

const actions: Readonly<Record<string, string>> = {
  c: "changes with it",
  n: "gets NULL",
  d: "gets its default",
};

function cascadesOf({ references }: Found): Consequence[] {
  return (references ?? []).flatMap(({ table: other, onDelete: deleted, onUpdate: updated, columns }) => {
    const found: Consequence[] = [];
    const then = actions[deleted];
    if (then !== undefined) {
      const what = deleted === "c" ? `rows of ${other} that refer to it are deleted` : `${other} ${then}`;
      found.push({ on: ["delete", "merge"], columns: null, message: what });
    }
    if (actions[updated] !== undefined) {
      found.push({ on: ["update", "merge"], columns, message: `${other} ${actions[updated]}` });
    }
    return found;
  });
}

/** ALTER TABLE … TRIGGER, by pg_trigger.tgenabled. */
const states: Readonly<Record<string, string>> = {
  O: "ENABLE",
  A: "ENABLE ALWAYS",
  R: "ENABLE REPLICA",
  D: "DISABLE",
};

/** Triggers are off meanwhile, in this transaction: they had their say when the rows were changed. */
async function undisturbed(session: Session, of: KeptTable, work: () => Promise<void>): Promise<void> {
  const root = `${literal(tableSql(of))}::regclass`;
  // Parents first: what is said of a trigger of theirs is said of its copies too, and those have their own say after it.
  const found = await rows<{ table: string; name: string; state: string }>(
    session,
    `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) AS table, g.tgname AS name, g.tgenabled AS state
       FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_partition_tree(${root}) AS p ON p.relid = c.oid
      WHERE g.tgrelid IN (${withPartitions(root)}) AND NOT g.tgisinternal AND (g.tgtype & ${onUpdate + 4}) > 0
      ORDER BY coalesce(p.level, 0), 1, 2`,
  );
  const fires = ({ state }: (typeof found)[number]) => state === "O" || state === "A";
  if (!found.some(fires)) {
    await work();
    return;
  }
  const alter = async (triggers: typeof found, action: (trigger: (typeof found)[number]) => string) => {
    for (const trigger of triggers) {
      await session.execute(
        `ALTER TABLE ${trigger.table} ${action(trigger)} TRIGGER ${quoted(trigger.name)}`,
      );
    }
  };
  await alter(found.filter(fires), () => "DISABLE");
  await work();
  // A deferred check that waits for the commit would keep the table from being altered.
  await session.execute("SET CONSTRAINTS ALL IMMEDIATE");
  await alter(found, ({ state }) => states[state] ?? "ENABLE");
}
