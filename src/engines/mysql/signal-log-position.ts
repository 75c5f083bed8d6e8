import type { Session } from "../engine.ts";
import { reading } from "../reading.ts";
import { errors } from "./errors.ts";
import { atLeast } from "./server-version.ts";
import type { SignalServer } from "./signal-server.ts";

/** Where the binary log stands; null where there is none, or the user may not see it. */
export async function logPosition(session: Session, server: SignalServer): Promise<bigint | null> {
  if (!server.binlog) return null;
  const sql =
    !server.mariaDb && atLeast(server.version, 8, 4) ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
  const found = await reading(errors, undefined, async () => ({ value: await session.query(sql) }));
  if ("unknown" in found) return null;
  const [row] = found.value;
  return row === undefined ? null : positionOf(String(row.File), String(row.Position));
}

/** A file's number and a place in it as one number that grows; null for a name without a number. */
export function positionOf(file: string, position: string): bigint | null {
  const number = /\.(\d+)$/.exec(file)?.[1];
  if (number === undefined || !/^\d+$/.test(position)) return null;
  return (BigInt(number) << 64n) + BigInt(position);
}
