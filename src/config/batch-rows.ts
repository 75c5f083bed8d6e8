import { GodwitError } from "../core/error.ts";

/** Fewer rows make a transaction for nothing; more keep locks and logs for too long. */
const [fewest, most] = [100, 100_000];

/** What a number of rows for one batch looks like, for messages. */
export const batchRowsForm = "a whole number of rows from 100 to 100,000";

export function isBatchRows(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= fewest && value <= most;
}

/** Rows that are worked on at once, as written on the command line. Throws GW1001. */
export function parseBatchRows(text: string, { what }: { readonly what: string }): number {
  const rows = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (isBatchRows(rows)) return rows;
  throw new GodwitError("GW1001", {
    message: `${what} is ${JSON.stringify(text.slice(0, 80))}: expected ${batchRowsForm}`,
    details: { what },
  });
}
