import type { EngineId } from "../core/target.ts";
import type { Engine } from "./engine.ts";

/** Loads an engine, and with it its driver, only when it is used: a driver costs 15 to 40 ms of start-up. */
export async function loadEngine(id: EngineId): Promise<Engine> {
  switch (id) {
    case "postgres":
      return (await import("./postgres/index.ts")).engine;
    case "mysql":
      return (await import("./mysql/index.ts")).engine;
    case "sqlite":
      return (await import("./sqlite/index.ts")).engine;
  }
}
