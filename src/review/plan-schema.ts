import * as v from "valibot";
import { frozenFormat } from "../core/frozen-plan.ts";

/*
 * The shape of a plan file. What the program writes is described exactly, and what is not described is refused: a
 * member that nobody reads may be one that somebody relies on.
 */

const text = v.string();
const name = v.pipe(text, v.minLength(1), v.maxLength(1_000));
const hash = v.pipe(text, v.regex(/^[0-9a-f]{64}$/));
const time = v.pipe(text, v.isoTimestamp());
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const texts = v.array(text);

const objectName = v.strictObject({
  kind: v.picklist([
    "table",
    "index",
    "type",
    "view",
    "routine",
    "trigger",
    "event",
    "sequence",
    "schema",
    "database",
    "other",
  ]),
  schema: v.exactOptional(text),
  name: text,
});

const effect = v.variant("type", [
  v.strictObject({ type: v.literal("transactional") }),
  v.strictObject({
    type: v.literal("definition"),
    objects: v.array(objectName),
    byIdentity: v.exactOptional(v.boolean()),
    replaces: v.exactOptional(v.boolean()),
    repeatDestroys: v.exactOptional(v.boolean()),
  }),
  v.strictObject({
    type: v.literal("index-build"),
    table: objectName,
    index: v.exactOptional(text),
    rebuild: v.exactOptional(v.boolean()),
  }),
  v.strictObject({ type: v.literal("repeatable"), single: v.exactOptional(v.boolean()) }),
  v.strictObject({ type: v.literal("opaque"), single: v.exactOptional(v.boolean()) }),
]);

const keeping = v.strictObject({
  id: text,
  change: v.strictObject({
    action: v.picklist(["update", "delete", "merge"]),
    table: objectName,
    assigns: texts,
    rows: text,
  }),
  before: text,
  after: v.nullable(text),
});

const statement = v.strictObject({
  text,
  offset: count,
  line: count,
  column: count,
  label: text,
  title: v.exactOptional(text),
  transactional: v.boolean(),
  session: v.boolean(),
  effect,
  alone: v.exactOptional(effect),
  keeps: v.exactOptional(keeping),
});

const base = {
  key: name,
  title: text,
  hash,
  unit: text,
  unitTitle: text,
  limits: v.strictObject({
    lockTimeoutMs: v.exactOptional(count),
    statementTimeoutMs: v.exactOptional(count),
  }),
  undo: text,
  history: v.array(
    v.strictObject({
      action: v.picklist(["apply", "rollback", "baseline", "accept", "forget", "reseal"]),
      version: text,
      name: text,
      kind: v.picklist(["versioned", "repeatable"]),
      rawHash: text,
      sqlHash: text,
      source: v.nullable(text),
    }),
  ),
};

const sqlStep = v.strictObject({
  kind: v.literal("sql"),
  ...base,
  file: text,
  transaction: v.boolean(),
  statements: v.array(statement),
  preamble: v.array(statement),
});

/** Types and expressions have many shapes of their own; the hash over the plan holds them as they were. */
const nested = v.record(text, v.unknown());
const tableName = v.strictObject({ schema: text, name: text });

const copyTable = v.strictObject({
  source: tableName,
  target: tableName,
  placed: v.exactOptional(tableName),
  columns: v.array(
    v.strictObject({
      source: text,
      value: v.nullable(nested),
      from: nested,
      target: text,
      to: nested,
      sql: text,
      accepts: v.exactOptional(texts),
      encoding: v.exactOptional(text),
    }),
  ),
  key: v.array(v.strictObject({ name: text, type: nested, encoding: v.exactOptional(text) })),
  where: v.nullable(nested),
  estimate: v.strictObject({ rows: v.number(), bytes: v.number() }),
  shape: v.exactOptional(texts),
  native: v.boolean(),
  readBack: v.exactOptional(v.boolean()),
  upsertBy: v.nullable(texts),
  after: v.exactOptional(texts),
  window: v.exactOptional(v.nullable(nested)),
});

const step = v.variant("kind", [
  sqlStep,
  v.strictObject({
    kind: v.literal("script"),
    ...base,
    file: text,
    direction: v.picklist(["up", "down"]),
    transaction: v.boolean(),
  }),
  v.strictObject({
    kind: v.literal("row-tables"),
    ...base,
    file: text,
    keeps: v.array(keeping),
    preamble: v.array(statement),
  }),
  v.strictObject({
    kind: v.literal("restore-rows"),
    ...base,
    file: text,
    transaction: v.literal(true),
    snapshots: texts,
    overwrites: v.boolean(),
    preamble: v.array(statement),
  }),
  v.strictObject({ kind: v.literal("drop-rows"), ...base, snapshots: texts }),
  v.strictObject({
    kind: v.literal("record"),
    ...base,
    watermarks: v.exactOptional(v.array(v.strictObject({ table: text, column: text, value: text }))),
  }),
  v.strictObject({
    kind: v.literal("parallel"),
    ...base,
    steps: v.array(
      v.variant("kind", [
        sqlStep,
        v.strictObject({
          kind: v.literal("read-back"),
          ...base,
          table: copyTable,
          remainder: count,
          divisor: count,
        }),
      ]),
    ),
    jobs: count,
  }),
  v.strictObject({
    kind: v.literal("copy-rows"),
    ...base,
    tables: v.array(copyTable),
    jobs: count,
    chunkBytes: count,
    quarantine: count,
    phase: v.exactOptional(
      v.strictObject({
        number: count,
        of: count,
        title: text,
        chunksOf: text,
        firstRows: v.nullable(count),
        compares: v.array(copyTable),
        stops: v.boolean(),
      }),
    ),
  }),
  v.strictObject({
    kind: v.literal("objects"),
    ...base,
    objects: v.array(
      v.strictObject({
        what: text,
        name: text,
        needs: v.array(count),
        settings: texts,
        make: v.array(sqlStep),
        drop: v.nullable(sqlStep),
        compared: v.nullable(
          v.strictObject({
            source: tableName,
            target: tableName,
            columns: v.array(v.strictObject({ name: text, type: nested })),
          }),
        ),
      }),
    ),
  }),
  v.strictObject({
    kind: v.literal("compare"),
    ...base,
    tables: v.array(copyTable),
    jobs: count,
    readBack: v.exactOptional(v.array(v.strictObject({ table: text, parts: texts }))),
    references: v.exactOptional(v.array(v.strictObject({ table: tableName, key: nested }))),
  }),
]);

const side = v.strictObject({
  engine: name,
  server: text,
  database: text,
  historyHead: text,
  version: text,
  settings: text,
  unfinished: v.nullable(v.strictObject({ run: text, steps: texts })),
  schema: v.strictObject({ hash, text }),
  display: text,
  profile: v.nullable(text),
});

export const planSchema = v.strictObject({
  godwit: v.literal("plan"),
  format: v.literal(frozenFormat),
  id: v.pipe(text, v.uuid()),
  madeAt: time,
  tool: text,
  author: name,
  ticket: v.nullable(name),
  kind: v.picklist(["apply", "rollback", "copy"]),
  intent: nested,
  target: side,
  source: v.nullable(side),
  steps: v.array(step),
  undo: v.nullable(v.strictObject({ steps: v.array(step), missing: texts })),
  files: v.array(v.strictObject({ path: name, hash })),
  hazards: v.array(
    v.strictObject({
      type: name,
      step: text,
      statement: v.exactOptional(count),
      level: v.picklist(["danger", "warning"]),
      message: text,
    }),
  ),
  locks: v.array(
    v.strictObject({
      step: text,
      statement: count,
      object: text,
      mode: text,
      blocks: v.picklist(["nobody", "schema changes", "writes", "reads and writes"]),
    }),
  ),
  estimates: v.array(v.strictObject({ table: text, rows: v.nullable(count), bytes: v.nullable(count) })),
  contentHash: hash,
  hash,
  approvals: v.array(
    v.strictObject({
      approver: name,
      ticket: v.nullable(name),
      approvedAt: time,
      accepts: texts,
      key: v.nullable(text),
      signature: v.nullable(text),
      seal: hash,
    }),
  ),
});
