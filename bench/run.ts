/**
 * The benchmark: whole processes, timed from outside, Godwit and its peers in turns on the same servers.
 *   node bench/run.ts [--runs N] [--only NAME,…]
 * A missed target is reported and is no failure; anything that did not work, or did not do its work, is.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeMachine } from "./machine.ts";
import { measureCase, type Measured } from "./measure-case.ts";
import { chooseCases } from "./measure-cases.ts";
import { readOptions } from "./options.ts";
import { renderReport } from "./report.ts";
import { connectServers } from "./servers.ts";

const options = readOptions(process.argv.slice(2));
const cases = chooseCases(options.only);
const folder = mkdtempSync(join(tmpdir(), "godwit-bench-"));
const needed = new Set(cases.flatMap(({ server }) => server ?? []));
const measured: Measured[] = [];
const failures: string[] = [];
try {
  await using servers = await connectServers({ env: process.env, folder, needed });
  for (const { name, server, optional } of cases) {
    if (server !== undefined && !servers.byName.has(server)) {
      const missing = `${name}: no server, ${server.toUpperCase()}_URL is not set`;
      process.stderr.write(`${missing}\n`);
      if (optional !== true) failures.push(missing);
    }
  }
  for (const item of cases) {
    const server = item.server === undefined ? null : servers.byName.get(item.server);
    if (server === undefined) continue;
    try {
      measured.push(await measureCase(item, { server, folder, runs: options.runs }));
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
if (failures.length > 0) {
  process.stderr.write(`did not work:\n${failures.map((failure) => `  ${failure}\n`).join("")}`);
  process.exitCode = 1;
}
