import type { PortableType } from "../core/portable.ts";
import type { DigestForm } from "./data-roles.ts";

const plainKinds: ReadonlySet<DigestForm["kind"]> = new Set([
  "integer",
  "decimal",
  "float",
  "boolean",
  "date",
  "time",
  "timestamp",
  "uuid",
]);

/**
 * Whether a form stands in a row's text with its length before it. The others are never empty and hold no semicolon,
 * so that the one after them ends them, and nothing at all is NULL: a third of the work of a digest was lengths.
 */
export function isMeasured({ kind }: DigestForm): boolean {
  return !plainKinds.has(kind);
}

/** Types whose values a server keeps to their form; what a text or a rule gives may be anything. */
export const formedTypes: ReadonlySet<PortableType["kind"]> = new Set([
  "integer",
  "year",
  "boolean",
  "decimal",
  "float",
  "bits",
  "bytes",
  "uuid",
  "date",
  "time",
  "timestamp",
  "interval",
]);
