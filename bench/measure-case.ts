import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type MeasureCase, migrationCount } from "./measure-cases.ts";
import { writeBatches } from "./batches.ts";
import { copiedRows } from "./copy-data.ts";
import { mappingCount, writeMappingData } from "./mapping-data.ts";
import type { FilledDatabases } from "./filled-databases.ts";
import { type Command, isInstalled, type Program, programs, writeMigrations } from "./programs.ts";
import { fileSource, recognize } from "../src/formats/mappings/index.ts";
import { runProcess } from "./run-process.ts";
import type { Database, Server } from "./servers.ts";

/** One run of one program. */
export interface Sample {
  readonly ms: number;
  /** 0 where it was not measured. */
  readonly peakBytes: number;
  /** Of the program's own processes, and of the servers in the same time; null where the system does not tell. */
  readonly ownCpuMs: number | null;
  readonly serversCpuMs: number | null;
}

export interface Measured {
  readonly case: MeasureCase;
  /** In the order of the rounds. */
  readonly samples: Readonly<Partial<Record<Program, readonly Sample[]>>>;
}

export interface Place {
  /** Null where the case needs none. */
  readonly server: Server | null;
  readonly source: Server | null;
  readonly filled: FilledDatabases;
  /** For migrations, logs and caches; removed at the end. */
  readonly folder: string;
  readonly runs: number;
}

/**
 * One warm-up of each program, then RUNS rounds of all programs in turns (A B A B …), so that what disturbs the
 * machine disturbs all. Throws when a program failed or did not do its work.
 */
export async function measureCase(item: MeasureCase, place: Place): Promise<Measured> {
  const contenders = [...item.programs, ...(item.shown ?? [])].filter(isInstalled);
  const samples: Partial<Record<Program, Sample[]>> = {};
  await using stack = new AsyncDisposableStack();
  const once = new Map<Program, () => Promise<Sample>>();
  const copied = item.action === "verify" ? await copiedTarget(item, place, stack) : null;
  for (const program of contenders) once.set(program, await prepare(item, program, place, stack, copied));
  for (let round = 0; round <= Math.min(place.runs, item.mostRuns ?? place.runs); round++) {
    for (const [program, run] of once) {
      const sample = await run();
      const label = round === 0 ? "warm-up" : `${round}/${place.runs}`;
      process.stderr.write(`${item.name} ${label} ${program}: ${shown(sample, item)}\n`);
      if (round > 0) (samples[program] ??= []).push(sample);
    }
  }
  return { case: item, samples };
}

/** Makes all that one run needs and is not timed; the run itself. */
async function prepare(
  item: MeasureCase,
  program: Program,
  place: Place,
  stack: AsyncDisposableStack,
  copied: Database | null,
): Promise<() => Promise<Sample>> {
  const { server, folder } = place;
  if (item.action === "mappings") return prepareMappings(item, program, place);
  if (item.action === "start" || server === null) {
    const command = required(program, "start")();
    return async () => sample(item, program, command, place);
  }
  if (item.action === "copy") {
    const copy = required(program, "copy");
    const source = await place.filled.of(place.source ?? server);
    return async () => {
      await using target = await server.create();
      const result = sample(item, program, copy(source, target, folder), place);
      await verifyCopied(target, program);
      return result;
    };
  }
  if (item.action === "batches") {
    const migrations = writeBatches(folder);
    const run = required(program, "batches");
    return async () => {
      await using database = await server.create();
      const result = sample(item, program, run(database, migrations), place);
      await verifyCopied(database, program);
      return result;
    };
  }
  if (item.action === "backup" || item.action === "restore") {
    const source = await place.filled.of(server);
    const backup = required(program, "backup");
    let made = 0;
    const next = () => join(folder, `backup-${program}-${item.action}-${++made}`);
    if (item.action === "backup") {
      return async () => {
        const file = next();
        const result = sample(item, program, backup(source, file), place);
        if (statSync(file).size < 1e6) throw new Error(`${program} has written no backup`);
        rmSync(file);
        return result;
      };
    }
    const file = next();
    process.stderr.write(`${item.name} prepares ${program}\n`);
    sample(item, program, backup(source, file), place);
    const restore = required(program, "restore");
    return async () => {
      await using target = await server.create();
      const result = sample(item, program, restore(target, file), place);
      await verifyCopied(target, program);
      return result;
    };
  }
  if (copied !== null) {
    const source = await place.filled.of(place.source ?? server);
    const command = required(program, "verify")(source, copied);
    return async () => sample(item, program, command, place);
  }
  const parent = join(folder, server.version.replaceAll(/\W+/g, "-"));
  const migrations = existsSync(join(parent, program))
    ? join(parent, program)
    : writeMigrations(program, parent, server.ddl, migrationCount);
  if (item.action === "apply") {
    const apply = required(program, "apply");
    return async () => {
      await using database = await server.create();
      const result = sample(item, program, apply(database, migrations), place);
      await verify(database, program);
      return result;
    };
  }
  const database = stack.use(await server.create());
  const status = required(program, "status")(database, migrations);
  const saysAll = required(program, "saysAll")(migrationCount);
  process.stderr.write(`${item.name} prepares ${program}\n`);
  sample(item, program, required(program, "apply")(database, migrations), place);
  await verify(database, program);
  return async () => {
    const result = sample(item, program, status, place);
    if (saysAll.test(readFileSync(logOf(folder), "utf8"))) return result;
    throw new Error(`the status of ${program} does not say that ${migrationCount} are applied (${saysAll})`);
  };
}

/** The file is made once, in JSON; Godwit makes the other of it. */
async function prepareMappings(
  item: MeasureCase,
  program: Program,
  place: Place,
): Promise<() => Promise<Sample>> {
  const json = join(place.folder, "mappings.json");
  const msgpack = join(place.folder, "mappings.msgpack");
  if (!existsSync(json)) {
    writeMappingData(json);
    sample(item, "godwit", required("godwit", "mappings")(json, msgpack), place);
  }
  const [input, output] = item.to === "json" ? [msgpack, `${msgpack}.json`] : [json, `${json}.msgpack`];
  const command = required(program, "mappings")(input, output);
  return async () => {
    const result = sample(item, program, command, place);
    const found = await recognize(await fileSource(output));
    const count = found.count ?? mappingCount;
    if (found.format.format !== item.to || count !== mappingCount || statSync(output).size < 50e6) {
      throw new Error(`${program} has not written ${mappingCount} mappings`);
    }
    rmSync(output);
    return result;
  };
}

/** A copy of the source, for programs that hold the two against each other. */
async function copiedTarget(
  item: MeasureCase,
  place: Place,
  stack: AsyncDisposableStack,
): Promise<Database | null> {
  const { server, source, filled, folder } = place;
  if (server === null || source === null) return null;
  const target = stack.use(await server.create());
  process.stderr.write(`${item.name} prepares the copy\n`);
  sample(item, "godwit", required("godwit", "copy")(await filled.of(source), target, folder), place);
  await verifyCopied(target, "godwit");
  return target;
}

function sample(item: MeasureCase, program: Program, command: Command, place: Place): Sample {
  const { folder, server, source } = place;
  const cwd = join(folder, "empty");
  mkdirSync(cwd, { recursive: true });
  const isMeasured = item.unit === "bytes" || (item.also !== undefined && program === "godwit");
  const options = { cwd, log: logOf(folder), cache: join(folder, "cache"), memory: isMeasured };
  const servers = [...new Set([server, source])].filter((one) => one !== null);
  const before = servers.map((one) => one.cpuMs());
  const { ms, peakBytes, cpuMs } = runProcess(command, options);
  const used = servers.map((one, index) => difference(one.cpuMs(), before[index] ?? null));
  const serversCpuMs = used.reduce((sum, each) => (sum === null || each === null ? null : sum + each), 0);
  return { ms, peakBytes, ownCpuMs: cpuMs, serversCpuMs };
}

function difference(after: number | null, before: number | null): number | null {
  return after === null || before === null ? null : after - before;
}

function logOf(folder: string): string {
  return join(folder, "last.log");
}

async function verify(database: Database, program: Program): Promise<void> {
  const tables = await database.tables();
  if (tables !== migrationCount) throw new Error(`${program} made ${tables} tables, not ${migrationCount}`);
}

/** Three: of the key, and two others. */
async function verifyCopied(database: Database, program: Program): Promise<void> {
  const { rows, indexes } = await database.copied();
  if (rows === copiedRows && indexes === 3) return;
  throw new Error(`${program} copied ${rows} rows with ${indexes} indexes, not ${copiedRows} with 3`);
}

function required<
  K extends
    | "apply"
    | "status"
    | "saysAll"
    | "start"
    | "copy"
    | "verify"
    | "backup"
    | "restore"
    | "batches"
    | "mappings",
>(program: Program, what: K) {
  const found = programs[program][what];
  if (found === undefined) throw new Error(`${program} has no ${what}`);
  return found;
}

function shown({ ms, peakBytes, ownCpuMs, serversCpuMs }: Sample, { unit, also }: MeasureCase): string {
  const memory = `${(peakBytes / 1e6).toFixed(1)} MB`;
  if (unit === "bytes") return memory;
  const time = `${ms.toFixed(1)} ms`;
  if (also === undefined) return time;
  return `${time}, CPU ${ownCpuMs ?? "?"} ms of its own and ${serversCpuMs ?? "?"} ms of the servers${peakBytes > 0 ? `, ${memory}` : ""}`;
}
