import type { BackupTable, SchemaPart } from "../../engines/backup-role.ts";
import type { BlockPlace } from "./read-archive.ts";

export interface ArchivedChunk {
  readonly rows: string;
  /** Of its rows' texts: `RowSum`. */
  readonly sum: string;
  readonly bytes: number;
  /** Bytes of its longest row, where the engine's server does not take any. */
  readonly longestRow?: number;
  readonly blocks: readonly BlockPlace[];
}

export interface ArchivedTable extends BackupTable {
  /** Of all its chunks. A native backup has these alone: its rows are in the dump. */
  readonly rows: string;
  readonly sum: string;
  readonly chunks: readonly ArchivedChunk[];
}

/** Rows of the ledger that belong to the database, and not to one run. */
export interface ArchivedLedger {
  readonly table: "migration" | "watermark";
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** The table of contents, at the end of an archive. */
export interface Manifest {
  readonly format: 1;
  readonly form: "portable" | "native";
  readonly tool: string;
  /** By the server's clock. */
  readonly createdAt: string;
  readonly engine: string;
  readonly server: { readonly product: string; readonly version: string; readonly identity: string };
  readonly database: string;
  /** Where the server's log stood. */
  readonly position: string;
  readonly markers: Readonly<Record<string, string>>;
  /** Why the rows may be of several states of the database; null where they are of one. */
  readonly weakness: string | null;
  readonly notHeld: readonly string[];
  /** What it should hold and does not: data that its form leaves out, or one state of all rows. Empty where it is whole. */
  readonly missing: readonly string[];
  readonly schema: string;
  readonly before: readonly SchemaPart[];
  readonly keys: readonly SchemaPart[];
  readonly after: readonly SchemaPart[];
  readonly finish: readonly SchemaPart[];
  readonly tables: readonly ArchivedTable[];
  readonly ledger: readonly ArchivedLedger[];
  /** The client program's own dump, where the form is native. */
  readonly dump: readonly BlockPlace[];
  /** Programs that took part, with their versions. */
  readonly programs: Readonly<Record<string, string>>;
}

/** The manifest, or what is wrong with it. Its places must lie before it. */
export function checkManifest(bytes: Buffer, endsAt: number, blocks: number): Manifest | string {
  let found: unknown;
  try {
    found = JSON.parse(bytes.toString("utf8"));
  } catch {
    return "its manifest is no JSON";
  }
  if (!hasShape(found)) return "its manifest lacks what each has";
  const places = [
    ...found.dump,
    ...found.tables.flatMap(({ chunks }) => chunks.flatMap((one) => one.blocks)),
  ];
  const isInside = ({ offset, index }: BlockPlace) =>
    Number.isSafeInteger(offset) &&
    offset > 0 &&
    offset < endsAt &&
    Number.isSafeInteger(index) &&
    index >= 0;
  if (!places.every((place) => isInside(place) && place.index < blocks))
    return "its manifest names places that it does not have";
  if (new Set(places.map(({ index }) => index)).size !== places.length)
    return "its manifest names a block twice";
  return found;
}

type Check = (value: unknown) => boolean;
const text: Check = (value) => typeof value === "string";
const number: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const digits: Check = (value) => typeof value === "string" && /^\d{1,80}$/.test(value);
const list =
  (each: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(each);
const record =
  (members: Readonly<Record<string, Check>>): Check =>
  (value) =>
    typeof value === "object" &&
    value !== null &&
    Object.entries(members).every(
      ([name, check]) => Object.hasOwn(value, name) && check((value as Record<string, unknown>)[name]),
    );
const texts: Check = (value) =>
  typeof value === "object" && value !== null && Object.values(value).every(text);

const part = record({ title: text, text, settings: list(text) });
const place = record({ offset: number, index: number });
/** It becomes a part of statements. */
const encoding: Check = (value) =>
  typeof value !== "object" ||
  value === null ||
  !("encoding" in value) ||
  (typeof value.encoding === "string" && /^[a-z0-9_]{1,64}$/.test(value.encoding));
const encoded =
  (each: Check): Check =>
  (value) =>
    each(value) && encoding(value);
const chunk = record({ rows: digits, sum: digits, bytes: number, blocks: list(place) });
const longestRow: Check = (value) => number((value as Partial<ArchivedChunk>).longestRow ?? 0);
const column = encoded(record({ name: text, type: record({ kind: text }), sql: text }));
const table = record({
  schema: text,
  name: text,
  columns: list(column),
  key: list(encoded(record({ name: text, type: record({ kind: text }) }))),
  estimate: record({}),
  rows: digits,
  sum: digits,
  chunks: list((value) => chunk(value) && longestRow(value)),
});
const ledger = record({
  table: (value) => value === "migration" || value === "watermark",
  columns: list((value) => typeof value === "string" && /^[a-z_]{1,40}$/.test(value)),
  rows: list(list((value) => value === null || typeof value === "string" || typeof value === "number")),
});
const manifest = record({
  format: (value) => value === 1,
  form: (value) => value === "portable" || value === "native",
  tool: text,
  createdAt: text,
  engine: text,
  server: record({ product: text, version: text, identity: text }),
  database: text,
  position: text,
  markers: texts,
  weakness: (value) => value === null || typeof value === "string",
  notHeld: list(text),
  missing: list(text),
  schema: text,
  before: list(part),
  keys: list(part),
  after: list(part),
  finish: list(part),
  tables: list(table),
  ledger: list(ledger),
  dump: list(place),
  programs: texts,
});

function hasShape(value: unknown): value is Manifest {
  return manifest(value);
}
