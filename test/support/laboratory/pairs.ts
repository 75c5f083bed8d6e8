import type { TestTarget } from "../servers.ts";
import { copyable } from "./pair.ts";

export interface EnginePair {
  readonly from: TestTarget;
  readonly to: TestTarget;
  /** For node:test's `skip`. */
  readonly skip: string | false;
}

/** Every direction, each engine to itself too. */
export async function allPairs(): Promise<readonly EnginePair[]> {
  const engines = await copyable();
  return engines.flatMap((from) => engines.map((to) => ({ from, to, skip: from.skip || to.skip })));
}

/** Whether the long tests were asked for: script/test --sweep. */
export const isSweep = process.env["GODWIT_SWEEP"] === "1";

/**
 * A ring in both directions, so that each engine is once a source and once a target of each neighbour: for tests of
 * what a side does whatever stands on the other one. In a sweep, all pairs.
 */
export async function somePairs(): Promise<readonly EnginePair[]> {
  const pairs = await allPairs();
  const names = [...new Set(pairs.map(({ from }) => from.name))];
  const isNear = ({ from, to }: EnginePair) => {
    const apart = Math.abs(names.indexOf(from.name) - names.indexOf(to.name));
    return apart === 1 || apart === names.length - 1;
  };
  return isSweep ? pairs : pairs.filter(isNear);
}
