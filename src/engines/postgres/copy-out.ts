import type { Duplex } from "node:stream";
import type { Session } from "../engine.ts";
import type { PostgresSession } from "./connect.ts";
import { takeCopyData } from "./copy-frames.ts";
import { dataSettings } from "./data-settings.ts";

/**
 * What `COPY … TO STDOUT` sends, in pieces of any size, as fast as they are consumed: beyond a buffer, the socket
 * is not read. Rejects when the server reports an error and when the connection is lost. When the iteration is ended
 * early, what is left is read and thrown away; where that is much, the session is closed.
 */
export async function* copyOut(
  session: Session,
  copy: string,
  transform: (piece: Buffer) => Buffer = (piece) => piece,
): AsyncGenerator<Buffer, void, undefined> {
  const client = await (session as PostgresSession).idleClient();
  const { default: driver } = await import("pg");
  const { stream } = (client as unknown as { connection: { stream: Duplex } }).connection;

  const queue: Buffer[] = [];
  let queuedBytes = 0;
  let discardedBytes: number | null = null;
  const command = { over: false, failed: false, error: undefined as unknown };
  let wake = () => {};

  const query = new driver.Query(`${dataSettings}; ${copy}`) as unknown as NodeJS.EventEmitter;
  query.on("row", () => {});
  query.on("end", () => {
    command.over = true;
    wake();
  });
  query.on("error", (error: unknown) => {
    Object.assign(command, { over: true, failed: true, error });
    wake();
  });
  takeCopyData(stream, (piece) => {
    if (discardedBytes !== null) {
      discardedBytes += piece.length;
      if (discardedBytes > mostDiscardedBytes) stream.destroy();
      return;
    }
    queue.push(piece);
    queuedBytes += piece.length;
    if (queuedBytes >= highWaterBytes) stream.pause();
    wake();
  });
  const changed = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });

  try {
    client.query(query as never);
    for (;;) {
      const piece = queue.shift();
      if (piece !== undefined) {
        queuedBytes -= piece.length;
        if (queuedBytes < highWaterBytes / 2 && stream.isPaused()) stream.resume();
        const transformed = transform(piece);
        if (transformed.length > 0) yield transformed;
      } else if (command.failed) throw command.error;
      else if (command.over) return;
      else await changed();
    }
  } finally {
    discardedBytes = 0;
    stream.resume();
    while (!command.over) await changed();
  }
}

/** Sixteen reads of the socket: enough for the server never to wait, little beside the memory that is promised. */
const highWaterBytes = 1 << 20;
/** Less than a second's; with the connection the snapshot would go, and the reason why the reading ended be hidden. */
const mostDiscardedBytes = 256 << 20;
