import type { Row, Session } from "../engine.ts";
import type { Surroundings } from "./plain-display.ts";
import { traits } from "./traits.ts";

export interface ReadObject {
  readonly kind: "view" | "routine" | "trigger" | "event" | "sequence";
  readonly name: string;
  /** The CREATE statement without its owner. */
  readonly statement: string;
  /** The sql_mode it was made under; empty for views and sequences. */
  readonly sqlMode: string;
  /** character_set_client and collation_connection of whoever made it; "" where the server keeps none. */
  readonly charset: string;
  readonly collation: string;
  /** Of an event; "" of all else. */
  readonly timeZone: string;
}

/** Everything but tables, in an order in which it can be made again: a view stands after the views it reads. */
export async function readObjects(session: Session, where: Surroundings): Promise<ReadObject[]> {
  const of = (kind: ReadObject["kind"], word: string, rows: readonly Row[]) =>
    readEach(
      session,
      where.database,
      kind,
      rows.map((row) => ({ word: String(row.type ?? word), name: String(row.name) })),
    );
  const sequences = where.mariaDb
    ? await session.query(`${tablesOfType("SEQUENCE")} ORDER BY BINARY TABLE_NAME`)
    : [];
  const views = await session.query(`${tablesOfType("VIEW")} ORDER BY BINARY TABLE_NAME`);
  const routines = await session.query(
    `SELECT ROUTINE_NAME AS name, ROUTINE_TYPE AS type FROM information_schema.ROUTINES
      WHERE ROUTINE_SCHEMA = DATABASE() ORDER BY ROUTINE_TYPE, BINARY ROUTINE_NAME`,
  );
  const triggers = await session.query(
    `SELECT TRIGGER_NAME AS name FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()
      ORDER BY BINARY EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, ACTION_ORDER`,
  );
  const events = await session.query(
    // A start that was not written is the moment of creation: a date that differs wherever the schema is made.
    `SELECT EVENT_NAME AS name, STARTS = CREATED AND TIME_ZONE = '+00:00' AS implied FROM information_schema.EVENTS
      WHERE EVENT_SCHEMA = DATABASE() ORDER BY BINARY EVENT_NAME`,
  );
  const impliedStarts = new Set(
    events.flatMap((row) => (Number(row.implied) === 1 ? [String(row.name)] : [])),
  );
  return [
    ...(await of("sequence", "SEQUENCE", sequences)),
    ...(await of("routine", "", routines)),
    ...inDependencyOrder(await of("view", "VIEW", views)),
    ...(await of("trigger", "TRIGGER", triggers)),
    ...withoutImpliedStarts(await of("event", "EVENT", events), impliedStarts),
  ];
}

function tablesOfType(type: string): string {
  return `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = '${type}'`;
}

async function readEach(
  session: Session,
  database: string,
  kind: ReadObject["kind"],
  names: readonly { word: string; name: string }[],
): Promise<ReadObject[]> {
  const objects: ReadObject[] = [];
  for (const { word, name } of names) {
    const [row] = await session.query(`SHOW CREATE ${word} ${traits.quote(name)}`);
    const entry = Object.entries(row ?? {}).find(([column]) => /^(create |sql original)/i.test(column));
    if (typeof entry?.[1] !== "string") {
      throw new Error(
        `the definition of ${word.toLowerCase()} ${name} cannot be read: a privilege is missing`,
      );
    }
    const statement = withoutDatabase(withoutOwner(entry[1]), database);
    objects.push({
      kind,
      name,
      statement,
      sqlMode: String(row?.sql_mode ?? ""),
      charset: String(row?.character_set_client ?? ""),
      collation: String(row?.collation_connection ?? ""),
      timeZone: String(row?.time_zone ?? ""),
    });
  }
  return objects;
}

/** MariaDB writes a sequence with its database, where it leaves that out of all other names. */
export function withoutDatabase(text: string, database: string): string {
  return text.replace(
    /\b(nextval|lastval|setval)\((`(?:[^`]|``)*`)\.(?=`)/gi,
    (all, name: string, place: string) => (place === traits.quote(database) ? `${name}(` : all),
  );
}

/** DEFINER names a user, or on MariaDB a role, who need not exist where the text is used. Quoted by its own sql_mode. */
export function withoutOwner(statement: string): string {
  return statement.replace(
    /^(CREATE(?: OR REPLACE)?(?: ALGORITHM=\w+)?) DEFINER=(?:`(?:[^`]|``)*`|"(?:[^"]|"")*")(?:@(?:`(?:[^`]|``)*`|"(?:[^"]|"")*"))?/,
    "$1",
  );
}

function withoutImpliedStarts(events: readonly ReadObject[], names: ReadonlySet<string>): ReadObject[] {
  return events.map((event) =>
    names.has(event.name)
      ? Object.assign({}, event, {
          statement: event.statement.replace(/( ON SCHEDULE EVERY .*?) STARTS '[^']*'/, "$1"),
        })
      : event,
  );
}

/** Views by name, but each after those whose names its text holds. */
export function inDependencyOrder(views: readonly ReadObject[]): ReadObject[] {
  const ordered: ReadObject[] = [];
  const seen = new Set<ReadObject>();
  const visit = (view: ReadObject) => {
    if (seen.has(view)) return;
    seen.add(view);
    for (const other of views) {
      if (other !== view && view.statement.includes(traits.quote(other.name))) visit(other);
    }
    ordered.push(view);
  };
  for (const view of views) visit(view);
  return ordered;
}
