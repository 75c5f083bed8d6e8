import { availableParallelism, cpus, release, totalmem, type } from "node:os";
import { type Program, programs } from "./programs.ts";
import type { Server, ServerName } from "./servers.ts";

/** Where and with what was measured. */
export interface Machine {
  readonly date: string;
  readonly cores: number;
  readonly cpu: string;
  readonly memoryBytes: number;
  readonly system: string;
  readonly node: string;
  readonly servers: Readonly<Partial<Record<ServerName, string>>>;
  readonly programs: Readonly<Partial<Record<Program, string>>>;
}

export function describeMachine(servers: ReadonlyMap<ServerName, Server>): Machine {
  const versions: [Program, string][] = [
    ["godwit", programs.godwit.version],
    ["dbmate", programs.dbmate.version],
    ["node-pg-migrate", programs["node-pg-migrate"].version],
    ["pgloader", programs.pgloader.version],
    ["pgcopydb", programs.pgcopydb.version],
  ];
  return {
    date: new Date().toISOString(),
    cores: availableParallelism(),
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    node: process.version,
    servers: Object.fromEntries([...servers].map(([name, { version }]) => [name, version])),
    programs: Object.fromEntries(versions),
  };
}
