/**
 * The benchmark: whole processes, timed from outside, Godwit and its peers in turns on the same servers.
 *   node bench/run.ts [--runs N] [--only NAME,…]
 * A missed target is reported and is no failure; anything that did not work, or did not do its work, is.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeMachine } from "./machine.ts";
import { FilledDatabases } from "./filled-databases.ts";
import { measureCase, type Measured } from "./measure-case.ts";
import { chooseCases, type MeasureCase } from "./measure-cases.ts";
import { isInstalled, programs } from "./programs.ts";
import { readOptions } from "./options.ts";
import { renderReport } from "./report.ts";
import { connectServers, type Server, type Servers } from "./servers.ts";

const options = readOptions(process.argv.slice(2));
const cases = chooseCases(options.only);
const folder = mkdtempSync(join(tmpdir(), "godwit-bench-"));
const needed = new Set(cases.flatMap(({ server, source }) => [server ?? [], source ?? []].flat()));
const measured: Measured[] = [];
const failures: string[] = [];
try {
  await using servers = await connectServers({ env: process.env, folder, needed });
  await using filled = new FilledDatabases(folder);
  for (const { name, server, source, optional } of cases) {
    for (const needs of [server, source]) {
      if (needs === undefined || servers.byName.has(needs)) continue;
      const missing = `${name}: no server, ${needs.toUpperCase()}_URL is not set`;
      process.stderr.write(`${missing}\n`);
      if (optional !== true) failures.push(missing);
    }
  }
  for (const peer of new Set(cases.flatMap((item) => item.programs).filter((name) => !isInstalled(name)))) {
    failures.push(`${programs[peer].title} is not installed: nothing is held against it`);
  }
  for (const item of cases) {
    const place = placeOf(item, servers);
    if (place === null) continue;
    try {
      measured.push(await measureCase(item, { ...place, filled, folder, runs: options.runs }));
    } catch (error) {
      failures.push(`${item.name}: ${(error as Error).message}`);
      process.stderr.write(`${item.name} failed: ${(error as Error).message}\n`);
    }
  }
  const machine = describeMachine(servers.byName);
  process.stdout.write(renderReport(measured, machine, options.runs));
  writeFileSync(
    join(import.meta.dirname, "../bench.json"),
    `${JSON.stringify({ machine, runs: options.runs, measured, failures }, null, 2)}\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Null where a server that the case needs is missing. */
function placeOf(
  { server, source }: MeasureCase,
  { byName }: Servers,
): { readonly server: Server | null; readonly source: Server | null } | null {
  const found = [server, source].map((name) => (name === undefined ? null : byName.get(name)));
  return found.includes(undefined) ? null : { server: found[0] ?? null, source: found[1] ?? null };
}

if (failures.length > 0) {
  process.stderr.write(`did not work:\n${failures.map((failure) => `  ${failure}\n`).join("")}`);
  process.exitCode = 1;
}
