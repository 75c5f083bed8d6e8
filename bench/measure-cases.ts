import type { Program } from "./programs.ts";
import type { ServerName } from "./servers.ts";

/** One measure: what is done, by which programs in turns, on which server, and what Godwit has to reach. */
export interface MeasureCase {
  /** What --only takes. */
  readonly name: string;
  readonly title: string;
  readonly action: "apply" | "status" | "start";
  readonly unit: "ms" | "bytes";
  /** Left out where no database is involved. */
  readonly server?: ServerName;
  /** Not there is no failure. */
  readonly optional?: boolean;
  /** The first is measured against the others. */
  readonly programs: readonly Program[];
  /** Others, shown beside and without a say in the verdict. */
  readonly shown?: readonly Program[];
  /** At most this many times the fastest of the others; or, without others, this many bytes. */
  readonly target: number;
}

/** How many migrations there are, in each measure that has any. */
export const migrationCount = 1000;

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
