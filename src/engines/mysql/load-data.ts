import { once } from "node:events";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { Connection } from "mysql2";
import type { RowCount } from "./counted-rows.ts";
import { rowPackets } from "./row-packets.ts";
import { takeOver, type Reply } from "./take-over.ts";

const localInfile = 0xfb;
/** A frame of the protocol ends below 16 MB. */
const frameBytes = 1_048_576;

/**
 * Runs LOAD DATA LOCAL with what `rows` gives for the file. The server's request is answered for this one statement
 * only, and the name in it is not looked at. Rejects with the error of `rows`, after the statement has ended; what
 * it loaded until then is for the caller to roll back.
 */
export async function loadData(
  connection: Connection,
  sql: string,
  rows: AsyncIterable<Uint8Array>,
  counted: RowCount,
): Promise<Reply | null> {
  const asked = Promise.withResolvers<number>();
  const packets = rowPackets({ whole() {}, part() {}, flush() {} }, (packet) => {
    if (packet[4] === localInfile) asked.resolve(packet[3]! + 1);
    else taken.give(packet);
  });
  const taken = takeOver(connection, sql, (chunk) => packets.push(chunk));
  let ended = false;
  const done = taken.done.finally(() => {
    ended = true;
  });
  // An error before the server asks, or while the rows are sent.
  done.catch(() => {});
  const sequence = await Promise.race([asked.promise, done.then(() => null)]);
  if (sequence === null) return done;
  let failure: { readonly error: unknown } | null = null;
  let next = sequence;
  try {
    for await (const piece of rows) {
      counted.count(piece);
      for (let at = 0; at < piece.length; at += frameBytes) {
        next = await send(taken.socket, piece.subarray(at, at + frameBytes), next, done);
      }
      if (ended) break;
    }
    counted.finish();
  } catch (error) {
    failure = { error };
  }
  if (!ended && !taken.socket.destroyed) taken.socket.write(header(0, next));
  const reply = await done;
  if (failure !== null) throw failure.error;
  return reply;
}

async function send(
  socket: Socket,
  piece: Uint8Array,
  sequence: number,
  done: Promise<unknown>,
): Promise<number> {
  if (socket.destroyed) {
    await done;
    return sequence;
  }
  socket.cork();
  socket.write(header(piece.length, sequence));
  const goesOn = socket.write(piece);
  socket.uncork();
  if (!goesOn) {
    const stop = new AbortController();
    await Promise.race([once(socket, "drain", { signal: stop.signal }).catch(() => {}), done]).finally(() =>
      stop.abort(),
    );
  }
  // Where the system takes all at once, nothing else would have its turn: no signal, no timer, no other session.
  await setImmediate();
  return sequence + 1;
}

function header(length: number, sequence: number): Buffer {
  return Buffer.from([length & 0xff, (length >> 8) & 0xff, (length >> 16) & 0xff, sequence & 0xff]);
}
