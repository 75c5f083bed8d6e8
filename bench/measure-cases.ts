import type { Program } from "./programs.ts";
import type { ServerName } from "./servers.ts";

/** One measure: what is done, by which programs in turns, on which server, and what Godwit has to reach. */
export interface MeasureCase {
  /** What --only takes. */
  readonly name: string;
  readonly title: string;
  readonly action:
    | "apply"
    | "status"
    | "start"
    | "copy"
    | "verify"
    | "backup"
    | "restore"
    | "batches"
    | "mappings";
  readonly unit: "ms" | "bytes";
  /** Left out where no database is involved; of a copy, where it goes to. */
  readonly server?: ServerName;
  /** Of a copy and its verification, where the rows come from. */
  readonly source?: ServerName;
  /** At most so many samples, where one takes long. */
  readonly mostRuns?: number;
  /** Not there is no failure. */
  readonly optional?: boolean;
  /** The first is measured against the others. */
  readonly programs: readonly Program[];
  /** Others, shown beside and without a say in the verdict. */
  readonly shown?: readonly Program[];
  /** At most this many times the fastest of the others; or, without others, this many bytes. */
  readonly target: number;
  /** The slowest of the others counts, and not the fastest: what is waited for where both work at once. */
  readonly againstSlowest?: boolean;
  /** What else is asked of Godwit in the same runs. */
  readonly also?: { readonly cpuShare?: number; readonly peakBytes: number };
  /** Of mappings: the format that the file is converted to. */
  readonly to?: "msgpack" | "json";
}

/** How many migrations there are, in each measure that has any. */
export const migrationCount = 1000;

/** Godwit's own part of what it and the servers use of the processors, and its memory, whatever is copied. */
const also = { cpuShare: 0.25, peakBytes: 256e6 };

const titles = { postgres: "PostgreSQL", mariadb: "MariaDB", mysql: "MySQL", sqlite: "SQLite" } as const;

export const measureCases: readonly MeasureCase[] = [
  apply("postgres", ["godwit", "dbmate", "node-pg-migrate"]),
  apply("mariadb", ["godwit", "dbmate"]),
  { ...apply("mysql", ["godwit", "dbmate"]), optional: true },
  apply("sqlite", ["godwit", "dbmate"]),
  status("postgres"),
  status("sqlite"),
  {
    name: "version",
    title: "`godwit --version` beside `node -e 0`",
    action: "start",
    unit: "ms",
    programs: ["godwit", "node"],
    target: 1.5,
  },
  memory("postgres", "apply"),
  memory("mariadb", "apply"),
  memory("sqlite", "apply"),
  memory("postgres", "status"),
  copy("mariadb", "postgres", "pgloader", 0.4),
  copy("sqlite", "postgres", "pgloader", 0.45),
  copy("postgres", "postgres", "pgcopydb", 1),
  copy("postgres", "mariadb", "pipe", 1.2),
  {
    name: "verify-mariadb-postgres",
    title: "verify a table of 1,000,000 rows, MariaDB and PostgreSQL",
    action: "verify",
    unit: "ms",
    source: "mariadb",
    server: "postgres",
    mostRuns: 3,
    programs: ["godwit", "digest-postgres", "digest-mariadb"],
    againstSlowest: true,
    target: 1.3,
    also,
  },
  {
    name: "batches-postgres",
    title: "1,000,000 rows in 100 batches, guarded and recorded, PostgreSQL",
    action: "batches",
    unit: "ms",
    server: "postgres",
    mostRuns: 5,
    programs: ["godwit", "plain"],
    target: 1.03,
  },
  backup("backup", "back up 1,000,000 rows into a portable file", 1.3),
  backup("restore", "restore 1,000,000 rows with indexes and compare them", 1.2),
  ...mappings("msgpack"),
  ...mappings("json"),
];

/** Those whose names are, or begin with, one of the given; ends the process with 64 for a name that fits none. */
export function chooseCases(only: readonly string[]): readonly MeasureCase[] {
  const fits = (name: string, wanted: string) => name === wanted || name.startsWith(`${wanted}-`);
  const unknown = only.filter((wanted) => !measureCases.some(({ name }) => fits(name, wanted)));
  if (unknown.length > 0) {
    const known = measureCases.map(({ name }) => name).join(", ");
    process.stderr.write(`bench: no measure ${unknown.join(", ")}; there are ${known}\n`);
    process.exit(64);
  }
  return measureCases.filter(({ name }) => only.length === 0 || only.some((wanted) => fits(name, wanted)));
}

function apply(server: ServerName, programs: readonly Program[]): MeasureCase {
  return {
    name: `apply-${server}`,
    title: `apply ${migrationCount} migrations, ${titles[server]}`,
    action: "apply",
    unit: "ms",
    server,
    programs,
    target: 1,
  };
}

function status(server: ServerName): MeasureCase {
  return {
    name: `status-${server}`,
    title: `status with ${migrationCount} applied, ${titles[server]}`,
    action: "status",
    unit: "ms",
    server,
    programs: ["godwit", "dbmate"],
    shown: ["dbmate-npm"],
    target: 1.5,
  };
}

function copy(source: ServerName, server: ServerName, peer: Program, target: number): MeasureCase {
  return {
    name: `copy-${source}-${server}`,
    title: `copy 1,000,000 rows with indexes and verify them, ${titles[source]} to ${titles[server]}`,
    action: "copy",
    unit: "ms",
    source,
    server,
    mostRuns: 3,
    programs: ["godwit", peer],
    target,
    also,
  };
}

function backup(action: "backup" | "restore", title: string, target: number): MeasureCase {
  return {
    name: `${action}-postgres`,
    title: `${title}, PostgreSQL`,
    action,
    unit: "ms",
    server: "postgres",
    mostRuns: 3,
    programs: ["godwit", "pg_dump"],
    target,
  };
}

/** Time, and peak memory: at most half of what it takes to hold all of the file. */
function mappings(to: "msgpack" | "json"): readonly MeasureCase[] {
  const title = `1,000,000 mappings to ${to === "json" ? "JSON" : "MessagePack"}`;
  const shared = { action: "mappings", to, mostRuns: 3, programs: ["godwit", "plain-mappings"] } as const;
  return [
    { ...shared, name: `mappings-to-${to}`, title, unit: "ms", target: 1.5, also: { peakBytes: 200e6 } },
    {
      ...shared,
      name: `mappings-memory-to-${to}`,
      title: `peak memory: ${title}`,
      unit: "bytes",
      target: 0.5,
    },
  ];
}

function memory(server: ServerName, action: "apply" | "status"): MeasureCase {
  const what = action === "apply" ? `apply ${migrationCount}` : `status with ${migrationCount} applied`;
  return {
    name: `memory-${action}-${server}`,
    title: `peak memory: ${what}, ${titles[server]}`,
    action,
    unit: "bytes",
    server,
    programs: ["godwit"],
    target: 120e6,
  };
}
