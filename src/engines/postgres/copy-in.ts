import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers/promises";
import type { Session } from "../engine.ts";
import type { PostgresSession } from "./connect.ts";
import { dataSettings } from "./data-settings.ts";

/**
 * Sends pieces to a `COPY … FROM STDIN`, no faster than the server takes them, and resolves to the number of rows
 * that it counted. Rejects with the server's error, or with that of the pieces, after the server was told to forget
 * what it has. A piece must not be changed after it was handed over.
 */
export async function copyIn(
  session: Session,
  copy: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<bigint> {
  const client = await (session as PostgresSession).idleClient();
  const { default: driver } = await import("pg");
  const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection;

  let ready = false;
  let ended = false;
  let failure: { readonly error: unknown } | null = null;
  let tag = "";
  let wake = () => {};
  const query = Object.assign(new driver.Query(`${dataSettings}; ${copy}`), {
    handleCopyInResponse: () => {
      ready = true;
      wake();
    },
    handleCommandComplete: (message: { text: string }) => {
      tag = message.text;
    },
  }) as unknown as NodeJS.EventEmitter;
  query.on("end", () => {
    ended = true;
    wake();
  });
  query.on("error", (error: unknown) => {
    failure ??= { error };
    wake();
  });
  client.query(query as never);

  /** Waits for `done`, for the end of the command or for its failure, whichever comes first. */
  const until = (done: () => boolean) =>
    new Promise<void>((resolve, reject) => {
      wake = () => {
        if (failure !== null) reject(failure.error);
        else if (done() || ended) resolve();
      };
      wake();
    });

  const send = async (parts: readonly Uint8Array[], bytes: number) => {
    const header = Buffer.allocUnsafe(5);
    header[0] = copyData;
    header.writeUInt32BE(bytes + 4, 1);
    stream.cork();
    let free = stream.write(header);
    for (const part of parts) free = stream.write(part);
    stream.uncork();
    if (free) return;
    const drained = () => wake();
    stream.once("drain", drained);
    await until(() => !stream.writableNeedDrain).finally(() => stream.removeListener("drain", drained));
  };

  await until(() => ready);
  const iterator = pieces[Symbol.asyncIterator]();
  let exhausted = false;
  let parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      let next: IteratorResult<Uint8Array> | null = null;
      let broken: { readonly error: unknown } | null = null;
      iterator.next().then(
        (result) => {
          next = result;
          wake();
        },
        (error: unknown) => {
          broken = { error };
          wake();
        },
      );
      await until(() => next !== null || broken !== null);
      if (broken !== null) {
        exhausted = true;
        throw (broken as { error: unknown }).error;
      }
      const result = next as IteratorResult<Uint8Array> | null;
      if (result === null) break; // the server has ended the command by itself
      if (result.done === true) {
        exhausted = true;
        break;
      }
      parts.push(result.value);
      bytes += result.value.length;
      if (bytes < messageBytes) continue;
      await send(parts, bytes);
      [parts, bytes] = [[], 0];
      // Where the system takes all at once, and the pieces are there already, nothing else would have its turn: not even
      // the server's answer that it takes no more.
      await setImmediate();
    }
    if (bytes > 0) await send(parts, bytes);
  } catch (error) {
    if (!exhausted) void iterator.return?.().catch(() => {});
    if (failure === null) {
      // The server answers with an error that says no more than that.
      stream.write(copyFail);
      await until(() => false).catch(() => {});
    }
    throw error;
  }
  stream.write(copyDone);
  await until(() => false);
  const rows = /^COPY (\d+)$/.exec(tag)?.[1];
  if (rows === undefined) throw new Error(`the server answered COPY with ${JSON.stringify(tag)}`);
  return BigInt(rows);
}

/** Pieces are gathered to this size: a source may give its rows one by one. */
const messageBytes = 64 << 10;
const copyData = 0x64;
const copyDone = Buffer.from([0x63, 0, 0, 0, 4]);
const copyFail = Buffer.from([0x66, 0, 0, 0, 5, 0]);
