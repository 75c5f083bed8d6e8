import type {
  Leftover,
  Making,
  PortableAction,
  PortableSequence,
  PortableView,
} from "../../core/portable.ts";
import type { Row, Session } from "../engine.ts";
import { columnType } from "./column-type.ts";
import { readObjects, type ReadObject } from "./inspect-objects.ts";
import { keepsCharset, makersSettings, modeSettings } from "./object-settings.ts";
import type { Surroundings } from "./plain-display.ts";
import { enabledEvent, switchedOff } from "./switched-off.ts";
import { traits } from "./traits.ts";

export interface NormalizedObjects {
  readonly views: readonly PortableView[];
  readonly sequences: readonly PortableSequence[];
  readonly leftovers: readonly Leftover[];
}

/** Everything but tables. */
export async function normalizeObjects(session: Session, where: Surroundings): Promise<NormalizedObjects> {
  const objects = (await readObjects(session, where)).map((object, place) => ({
    object,
    making: makingOf(object, place),
  }));
  const of = (kind: ReadObject["kind"]) => objects.filter(({ object }) => object.kind === kind);
  const sequences: PortableSequence[] = [];
  for (const { object, making } of of("sequence")) {
    sequences.push(await readSequence(session, object.name, making));
  }
  const actions = await readActions(session);
  return {
    views: await readViews(
      session,
      where,
      new Map(of("view").map((each) => [each.object.name, each.making])),
    ),
    sequences,
    leftovers: objects
      .filter(({ object: { kind } }) => kind !== "view" && kind !== "sequence")
      .map(({ object: { kind, name, statement }, making }) => {
        const found = actions.get(`${kind}:${kind === "routine" ? `${routineWord(statement)}:` : ""}${name}`);
        return {
          schema: "",
          name,
          kind: kind === "routine" ? routineWord(statement).toLowerCase() : kind,
          table: found?.table === undefined ? null : { schema: "", name: found.table },
          definition: statement,
          making,
          action: found?.action,
        };
      }),
  };
}

function routineWord(statement: string): string {
  return (
    /^CREATE\s+(?:OR\s+REPLACE\s+)?(?:AGGREGATE\s+)?(FUNCTION|PROCEDURE|PACKAGE BODY|PACKAGE)/i
      .exec(statement)?.[1]
      ?.toUpperCase() ?? "ROUTINE"
  );
}

function makingOf(object: ReadObject, place: number): Making {
  const { kind, name, statement, charset } = object;
  const notes = [
    ...(kind === "event" && enabledEvent.test(statement)
      ? ["switched off, so that its work is not done twice"]
      : []),
    ...(keepsCharset(object)
      ? []
      : [`under the character set utf8mb4 instead of ${charset}, because its text is beyond ASCII`]),
  ];
  return {
    settings: modeSettings(object),
    own: makersSettings(object),
    statements: [kind === "event" ? switchedOff(statement) : statement],
    drop: `DROP ${(kind === "routine" ? routineWord(statement) : kind).toUpperCase()} IF EXISTS ${traits.quote(name)}`,
    beforeTables: kind === "sequence",
    place,
    ...(notes.length === 0 ? {} : { note: notes.join("; ") }),
  };
}

async function readViews(
  session: Session,
  where: Surroundings,
  makings: ReadonlyMap<string, Making>,
): Promise<PortableView[]> {
  const views = await session.query(
    `SELECT TABLE_NAME AS name, VIEW_DEFINITION AS text, CHECK_OPTION AS checks, SECURITY_TYPE AS security
      FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE() ORDER BY BINARY TABLE_NAME`,
  );
  const columns = Map.groupBy(
    await session.query(
      `SELECT * FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME IN (SELECT TABLE_NAME FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE())
        ORDER BY TABLE_NAME, ORDINAL_POSITION`,
    ),
    (row) => String(row.TABLE_NAME),
  );
  return views.flatMap((row) => {
    const name = String(row.name);
    const own = columns.get(name) ?? [];
    const making = makings.get(name);
    if (making === undefined) return [];
    const beside = [
      ...(row.checks === "NONE" ? [] : [`${String(row.checks)} CHECK OPTION`]),
      ...(row.security === "INVOKER" ? ["SQL SECURITY INVOKER"] : []),
    ];
    return [
      {
        schema: "",
        name,
        // Names are written with their database.
        text: fullText(String(row.text), making).replaceAll(`${traits.quote(where.database)}.`, ""),
        columns: own.map((column) => String(column.COLUMN_NAME)),
        types: own.map((column) => columnType(column, false)),
        materialized: false,
        comment: null,
        ...(beside.length === 0 ? {} : { beside }),
        making,
      },
    ];
  });
}

/** The catalogue has a question mark for what is beyond utf8mb3, which the view's own statement has. */
function fullText(text: string, { statements: [statement = ""] }: Making): string {
  const start =
    /^CREATE (?:ALGORITHM=\w+ )?(?:SQL SECURITY \w+ )?VIEW `(?:[^`]|``)*`(?: \((?:`(?:[^`]|``)*`,?)*\))? AS /.exec(
      statement,
    );
  return start === null || !text.includes("?")
    ? text
    : statement.slice(start[0].length).replace(/ WITH (?:CASCADED|LOCAL) CHECK OPTION$/, "");
}

async function readSequence(session: Session, name: string, making: Making): Promise<PortableSequence> {
  const [state] = await session.query(`SELECT * FROM ${traits.quote(name)}`);
  const next = String(state?.next_not_cached_value);
  return {
    schema: "",
    name,
    next,
    increment: String(state?.increment),
    minimum: String(state?.minimum_value),
    maximum: String(state?.maximum_value),
    cycle: Number(state?.cycle_option) === 1,
    // It stands where the source's stood when the copy was planned.
    making: {
      ...making,
      statements: [...making.statements, `SELECT SETVAL(${traits.quote(name)}, ${next}, 0)`],
    },
  };
}

interface FoundAction {
  readonly action: PortableAction;
  readonly table?: string;
}

/** Triggers, routines and events in parts, by kind and name. */
async function readActions(session: Session): Promise<ReadonlyMap<string, FoundAction>> {
  const found = new Map<string, FoundAction>();
  const all = (table: string, schema: string, order: string) =>
    session.query(`SELECT * FROM information_schema.${table} WHERE ${schema} = DATABASE() ORDER BY ${order}`);
  for (const row of await all("TRIGGERS", "TRIGGER_SCHEMA", "BINARY TRIGGER_NAME")) {
    found.set(`trigger:${String(row.TRIGGER_NAME)}`, {
      table: String(row.EVENT_OBJECT_TABLE),
      action: {
        kind: "trigger",
        timing: /before/i.test(String(row.ACTION_TIMING)) ? "before" : "after",
        events: String(row.EVENT_MANIPULATION)
          .toLowerCase()
          .split(/\s+or\s+|,\s*/),
        forEach: "row",
        condition: null,
        body: String(row.ACTION_STATEMENT),
      },
    });
  }
  const parameters = Map.groupBy(
    await all("PARAMETERS", "SPECIFIC_SCHEMA", "SPECIFIC_NAME, ORDINAL_POSITION"),
    (row) => `${String(row.ROUTINE_TYPE)}:${String(row.SPECIFIC_NAME)}`,
  );
  for (const row of await all("ROUTINES", "ROUTINE_SCHEMA", "BINARY ROUTINE_NAME")) {
    const type = String(row.ROUTINE_TYPE);
    const own = parameters.get(`${type}:${String(row.SPECIFIC_NAME)}`) ?? [];
    const returned = own.find(({ ORDINAL_POSITION: place }) => Number(place) === 0);
    found.set(`routine:${type}:${String(row.ROUTINE_NAME)}`, {
      action: {
        kind: "routine",
        returns: returned === undefined ? null : parameterType(returned),
        parameters: own
          .filter(({ ORDINAL_POSITION: place }) => Number(place) > 0)
          .map((each) => ({
            name: String(each.PARAMETER_NAME),
            mode: String(each.PARAMETER_MODE ?? "IN").toLowerCase() as "in",
            type: parameterType(each),
            declared: String(each.DTD_IDENTIFIER),
          })),
        body: String(row.ROUTINE_DEFINITION ?? ""),
      },
    });
  }
  for (const row of await all("EVENTS", "EVENT_SCHEMA", "BINARY EVENT_NAME")) {
    found.set(`event:${String(row.EVENT_NAME)}`, {
      action: { kind: "routine", returns: null, parameters: [], body: String(row.EVENT_DEFINITION) },
    });
  }
  return found;
}

function parameterType(row: Row) {
  return columnType({ ...row, COLUMN_TYPE: row.DTD_IDENTIFIER }, false);
}
