import type { Surplus } from "./model.ts";

/* How values of a file are shown to people. */

export function numberShown(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

export function surplusShown({ extra, members }: Surplus): string {
  return [...(members ?? []).map(([name, json]) => `${name}: ${json}`), ...(extra ?? []).map(hexOf)].join(
    ", ",
  );
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
