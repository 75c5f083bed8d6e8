import type { Effect, ObjectName } from "../../core/plan.ts";
import type { TokenReader } from "../../sql/token-reader.ts";
import {
  definition,
  opaque,
  repeatable,
  sessionOnly,
  transactional,
  type Verdict,
} from "../../sql/verdict.ts";
import { tradesColumns } from "./altered-columns.ts";

// Definitions that the catalogue shows. Accounts, servers and tablespaces are missing: they are opaque.
const kinds: Readonly<Record<string, ObjectName["kind"]>> = {
  TABLE: "table",
  VIEW: "view",
  PROCEDURE: "routine",
  FUNCTION: "routine",
  PACKAGE: "routine",
  TRIGGER: "trigger",
  EVENT: "event",
  SEQUENCE: "sequence",
  DATABASE: "database",
  SCHEMA: "database",
};
const otherKinds = new Set([
  "INDEX",
  "USER",
  "ROLE",
  "SERVER",
  "TABLESPACE",
  "LOGFILE",
  "RESOURCE",
  "REFERENCE",
  "INSTANCE",
]);
// ALTER DATABASE without a name goes on with one of these.
const databaseOptions = new Set([
  "DEFAULT",
  "CHARACTER",
  "CHARSET",
  "COLLATE",
  "ENCRYPTION",
  "READ",
  "COMMENT",
]);

export function judgeCreate(reader: TokenReader): Verdict {
  const { kind, temporary, replaces } = readKind(reader);
  // A temporary table or sequence does not commit.
  if (temporary) return transactional;
  if (kind === "INDEX") return indexed(reader);
  const object = kinds[kind];
  if (object === undefined) return opaque;
  const name = reader.name(object);
  // A loadable function is no routine of the catalogue.
  if (kind === "FUNCTION" && reader.seek("SONAME")) return opaque;
  if (!replaces) return defined(name);
  // Only of these a repetition would lose what was stored in them since.
  const stores = object === "table" || object === "sequence" || object === "database";
  return marked(defined(name), { replaces: true, ...(stores ? { byIdentity: true } : {}) });
}

export function judgeAlter(reader: TokenReader, text: string): Verdict {
  const { kind } = readKind(reader);
  const object = kinds[kind];
  if (object === undefined) return opaque;
  if (object === "database" && databaseOptions.has(reader.peek())) return repeatable;
  const name = reader.name(object);
  if (kind === "TABLE") return alteredTable(reader, text, name);
  // The counter is in no definition.
  if (kind === "SEQUENCE" && reader.seek("RESTART")) return marked(defined(name), { repeatDestroys: true });
  if (kind === "EVENT" && name !== null && reader.seek("RENAME") && reader.take("TO")) {
    return defined(name, reader.name("event"));
  }
  return defined(name);
}

export function judgeDrop(reader: TokenReader): Verdict {
  if (reader.peek() === "PREPARE") return sessionOnly;
  const { kind, temporary } = readKind(reader);
  if (temporary) return transactional;
  if (kind === "INDEX") return indexed(reader);
  const object = kinds[kind];
  if (object === undefined) return opaque;
  const names = [reader.name(object)];
  while (reader.take(",")) names.push(reader.name(object));
  return defined(...names);
}

/** RENAME TABLE a TO b, c TO d; RENAME USER is opaque. */
export function judgeRename(reader: TokenReader): Verdict {
  if (!reader.take("TABLE") && !reader.take("TABLES")) return opaque;
  reader.take("IF", "EXISTS");
  const names: (ObjectName | null)[] = [];
  do {
    names.push(reader.name("table"));
    if (!reader.seek("TO")) return opaque;
    names.push(reader.name("table"));
  } while (reader.seek(","));
  return defined(...names);
}

export function judgeTruncate(reader: TokenReader): Verdict {
  reader.take("TABLE");
  return emptied(reader.name("table"));
}

/** An emptied table looks as before. */
function emptied(name: ObjectName | null): Verdict {
  return marked(defined(name), { byIdentity: true });
}

type Marks = Pick<Effect & { readonly type: "definition" }, "byIdentity" | "replaces" | "repeatDestroys">;

function marked(verdict: Verdict, marks: Marks): Verdict {
  if (verdict.effect.type !== "definition") return verdict;
  return { ...verdict, effect: { ...verdict.effect, ...marks } };
}

interface Kind {
  /** The word for the kind of object, or "". */
  readonly kind: string;
  readonly temporary: boolean;
  /** OR REPLACE. */
  readonly replaces: boolean;
}

/** Skips DEFINER=… and the like, and IF [NOT] EXISTS. */
function readKind(reader: TokenReader): Kind {
  let temporary = false;
  let replaces = false;
  while (!reader.done()) {
    const word = reader.peek();
    // After SQL SECURITY it is a word by itself.
    if (word === "DEFINER" && reader.peek(1) === "=") {
      skipDefiner(reader);
      continue;
    }
    reader.skip();
    if (word === "TEMPORARY") temporary = true;
    if (word === "REPLACE") replaces = true;
    if (word in kinds || otherKinds.has(word)) {
      if (word === "PACKAGE") reader.take("BODY");
      if (!reader.take("IF", "NOT", "EXISTS")) reader.take("IF", "EXISTS");
      return { kind: word, temporary, replaces };
    }
  }
  return { kind: "", temporary, replaces };
}

/** DEFINER = name[@host] or CURRENT_USER[()]. */
function skipDefiner(reader: TokenReader): void {
  reader.take("DEFINER");
  reader.take("=");
  reader.skip();
  reader.take("(", ")");
  if (reader.take("@")) reader.skip();
}

/** CREATE and DROP INDEX show in the definition of the table. */
function indexed(reader: TokenReader): Verdict {
  return reader.seek("ON") ? defined(reader.name("table")) : opaque;
}

function alteredTable(reader: TokenReader, text: string, table: ObjectName | null): Verdict {
  if (reader.take("WAIT")) reader.skip();
  else reader.take("NOWAIT");
  const verb = reader.peek();
  if (reader.peek(1) === "KEYS" && ["DISABLE", "ENABLE"].includes(verb)) return repeatable;
  if (["DISCARD", "IMPORT"].includes(verb) && ["TABLESPACE", "PARTITION"].includes(reader.peek(1))) {
    return opaque;
  }
  if (verb === "TRUNCATE" && reader.peek(1) === "PARTITION") return emptied(table);
  const marks: Marks = tradesColumns(text, reader.rest()) ? { repeatDestroys: true } : {};
  const names = [table];
  while (reader.seek("RENAME", "EXCHANGE")) {
    if (reader.take("PARTITION")) {
      if (reader.seek("TABLE")) names.push(reader.name("table"));
    } else if (!["COLUMN", "INDEX", "KEY", "PARTITION"].includes(reader.peek())) {
      if (!reader.take("TO") && !reader.take("AS")) reader.take("=");
      names.push(reader.name("table"));
    }
  }
  return marked(defined(...names), marks);
}

/** Without all its names a statement cannot be probed. */
function defined(...names: readonly (ObjectName | null)[]): Verdict {
  const known = names.filter((name) => name !== null);
  return known.length === names.length ? definition(...known) : opaque;
}
