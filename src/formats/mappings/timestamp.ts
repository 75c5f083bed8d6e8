import type { Timestamp } from "./model.ts";

/** ISO 8601 in UTC, with as many digits of the second as there are: `2026-01-31T09:30:00.1234567Z`. */
export declare function formatTimestamp(timestamp: Timestamp): string;

/** Null for what is no moment from year 1 to 9999. Without an offset it is UTC. */
export declare function parseTimestamp(text: string): Timestamp | null;

export declare function timestampOfDate(date: Date): Timestamp;

/** .NET's default DateTime, 0001-01-01T00:00:00Z. */
export declare const minimumTimestamp: Timestamp;
