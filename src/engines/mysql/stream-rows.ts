import { pieceQueue, type PieceQueue } from "./piece-queue.ts";
import { rowPackets, type RowSink } from "./row-packets.ts";
import type { MysqlSession } from "./session.ts";
import { takeOver, type TakenOver } from "./take-over.ts";

export interface Making {
  readonly sink: RowSink;
  /** Called when the server has sent all rows. */
  end(): void;
}

/** A session that does not come to an end of a cancelled statement within this is closed. */
const cancelWaitMs = 5_000;

/**
 * The rows of one SELECT, as what `make` makes of them, no faster than they are taken. Rejects with the server's
 * error, or when the connection is lost. Ended early, the statement is cancelled and the session stays usable.
 */
export async function* streamRows(
  session: MysqlSession,
  sql: string,
  make: (put: (piece: Uint8Array) => void) => Making,
): AsyncGenerator<Uint8Array, void> {
  let queue: PieceQueue | undefined;
  let discarding = false;
  const opened = Promise.withResolvers<PieceQueue>();
  const done = session.lend(async (connection) => {
    const made = make((piece) => {
      if (!discarding) queue?.put(piece);
    });
    const packets = rowPackets(made.sink, (packet) => taken.give(packet));
    const taken: TakenOver = takeOver(connection, sql, (chunk) => packets.push(chunk));
    queue = pieceQueue(taken.socket);
    opened.resolve(queue);
    await taken.done;
    made.end();
  });
  let finished = false;
  done.then(
    () => {
      finished = true;
      queue?.end();
    },
    (error: unknown) => {
      finished = true;
      queue?.end(error);
      opened.reject(error as Error);
    },
  );
  const pieces = await opened.promise;
  try {
    for (;;) {
      const piece = await pieces.next();
      if (piece === null) break;
      yield piece;
    }
  } finally {
    discarding = true;
    if (!finished) await abandon(session, pieces, done);
  }
}

async function abandon(session: MysqlSession, pieces: PieceQueue, done: Promise<void>): Promise<void> {
  await session.cancel();
  pieces.discard();
  const ended = await Promise.race([
    done.then(
      () => true,
      () => true,
    ),
    new Promise<boolean>((resolve) => {
      setTimeout(() => resolve(false), cancelWaitMs).unref();
    }),
  ]);
  if (!ended) await session.close();
}
