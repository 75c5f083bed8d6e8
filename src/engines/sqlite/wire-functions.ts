import type { DatabaseSync } from "node:sqlite";
import { registerAccepted } from "./accepted-value.ts";
import { plainDecimal, shortestFloat } from "./canonical-number.ts";
import { canonicalDate, canonicalTime, canonicalTimestamp, type StoredTime } from "./canonical-time.ts";

/*
 * What SQL of SQLite cannot say exactly. The queries call these only for the rare values: a call costs a
 * microsecond, and SQL a tenth of it.
 */

const known = new WeakSet<DatabaseSync>();

/** Functions of the program for this connection's own queries; the schema's texts cannot call them. */
export function registerWireFunctions(database: DatabaseSync): void {
  if (known.has(database)) return;
  const options = { deterministic: true, directOnly: true, useBigIntArguments: true };
  database.function("godwit_float", options, (value) =>
    typeof value === "number" ? shortestFloat(value) : String(value),
  );
  database.function("godwit_decimal", options, (value) =>
    typeof value === "number" ? plainDecimal(value) : String(value),
  );
  // What is no date or time comes as it is: the target refuses it, and then says which value it was.
  const time = (name: string, canonical: (value: StoredTime) => string | null) =>
    database.function(name, options, (value) => {
      if (value === null) return null;
      const stored = value as StoredTime;
      return canonical(stored) ?? (typeof stored === "number" ? plainDecimal(stored) : String(stored));
    });
  time("godwit_date", canonicalDate);
  time("godwit_time", canonicalTime);
  time("godwit_timestamp", canonicalTimestamp);
  registerAccepted(database);
  known.add(database);
}
