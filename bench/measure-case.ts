import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type MeasureCase, migrationCount } from "./measure-cases.ts";
import { type Command, type Program, programs, writeMigrations } from "./programs.ts";
import { runProcess } from "./run-process.ts";
import type { Database, Server } from "./servers.ts";

export interface Measured {
  readonly case: MeasureCase;
  /** In the order of the rounds; milliseconds or bytes, as the case says. */
  readonly samples: Readonly<Partial<Record<Program, readonly number[]>>>;
}

export interface Place {
  /** Null where the case needs none. */
  readonly server: Server | null;
  /** For migrations, logs and caches; removed at the end. */
  readonly folder: string;
  readonly runs: number;
}

/**
 * One warm-up of each program, then RUNS rounds of all programs in turns (A B A B …), so that what disturbs the
 * machine disturbs all. Throws when a program failed or did not do its work.
 */
export async function measureCase(item: MeasureCase, place: Place): Promise<Measured> {
  const contenders = [...item.programs, ...(item.shown ?? [])];
  const samples: Partial<Record<Program, number[]>> = {};
  await using stack = new AsyncDisposableStack();
  const once = new Map<Program, () => Promise<number>>();
  for (const program of contenders) once.set(program, await prepare(item, program, place, stack));
  for (let round = 0; round <= place.runs; round++) {
    for (const [program, run] of once) {
      const sample = await run();
      const label = round === 0 ? "warm-up" : `${round}/${place.runs}`;
      process.stderr.write(`${item.name} ${label} ${program}: ${shown(sample, item.unit)}\n`);
      if (round > 0) (samples[program] ??= []).push(sample);
    }
  }
  return { case: item, samples };
}

/** Makes all that one run needs and is not timed; the run itself. */
async function prepare(
  item: MeasureCase,
  program: Program,
  { server, folder }: Place,
  stack: AsyncDisposableStack,
): Promise<() => Promise<number>> {
  if (item.action === "start" || server === null) {
    const command = required(program, "start")();
    return async () => sample(item, command, folder);
  }
  const parent = join(folder, server.version.replaceAll(/\W+/g, "-"));
  const migrations = existsSync(join(parent, program))
    ? join(parent, program)
    : writeMigrations(program, parent, server.ddl, migrationCount);
  if (item.action === "apply") {
    const apply = required(program, "apply");
    return async () => {
      await using database = await server.create();
      const result = sample(item, apply(database, migrations), folder);
      await verify(database, program);
      return result;
    };
  }
  const database = stack.use(await server.create());
  const status = required(program, "status")(database, migrations);
  const saysAll = required(program, "saysAll")(migrationCount);
  process.stderr.write(`${item.name} prepares ${program}\n`);
  sample(item, required(program, "apply")(database, migrations), folder);
  await verify(database, program);
  return async () => {
    const result = sample(item, status, folder);
    if (saysAll.test(readFileSync(logOf(folder), "utf8"))) return result;
    throw new Error(`the status of ${program} does not say that ${migrationCount} are applied (${saysAll})`);
  };
}

function sample(item: MeasureCase, command: Command, folder: string): number {
  const cwd = join(folder, "empty");
  mkdirSync(cwd, { recursive: true });
  const log = logOf(folder);
  const { ms, peakBytes } = runProcess(command, {
    cwd,
    log,
    cache: join(folder, "cache"),
    memory: item.unit === "bytes",
  });
  return item.unit === "ms" ? ms : peakBytes;
}

function logOf(folder: string): string {
  return join(folder, "last.log");
}

async function verify(database: Database, program: Program): Promise<void> {
  const tables = await database.tables();
  if (tables !== migrationCount) throw new Error(`${program} made ${tables} tables, not ${migrationCount}`);
}

function required<K extends "apply" | "status" | "saysAll" | "start">(program: Program, what: K) {
  const found = programs[program][what];
  if (found === undefined) throw new Error(`${program} has no ${what}`);
  return found;
}

function shown(sampled: number, unit: MeasureCase["unit"]): string {
  return unit === "ms" ? `${sampled.toFixed(1)} ms` : `${(sampled / 1e6).toFixed(1)} MB`;
}
