import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { Connection } from "mysql2";

/** What is used of the driver's connection below its methods. */
interface Wire {
  readonly stream: Socket;
  readonly sequenceId: number;
}

/** The server's answer to a statement without rows. */
export interface Reply {
  readonly affectedRows?: number | string;
  readonly warningStatus?: number;
  readonly info?: string;
}

export interface TakenOver {
  readonly socket: Socket;
  /** Hands a frame to the driver, as if the server had sent it next. */
  give(packet: Buffer): void;
  /** With the driver's answer to what it was given last: the end of the rows, OK, or an error. */
  readonly done: Promise<Reply | null>;
}

/**
 * Sends a statement through the driver, and takes what the server answers from its socket before the driver sees it.
 * The driver is given the frames that begin and end the answer, so its own state stays right, errors are its own,
 * and a lost connection is noticed as ever.
 */
export function takeOver(
  connection: Connection,
  sql: string,
  receive: (chunk: Buffer, taken: TakenOver) => void,
): TakenOver {
  const wire = connection as unknown as Wire;
  const socket = wire.stream;
  const command = connection.query(sql) as unknown as EventEmitter;
  const theirs = socket.listeners("data") as ((chunk: Buffer) => void)[];
  const ours = (chunk: Buffer) => receive(chunk, taken);
  socket.on("data", ours);
  for (const listener of theirs) socket.removeListener("data", listener);

  const done = new Promise<Reply | null>((resolve, reject) => {
    let reply: Reply | null = null;
    let rows = false;
    command.on("fields", (fields) => {
      rows = fields !== undefined;
    });
    command.on("result", (result: Reply) => {
      if (!rows) reply = result;
    });
    command.on("error", (error: Error) => {
      giveBack();
      reject(error);
    });
    command.on("end", () => {
      giveBack();
      resolve(reply);
    });
  });

  function giveBack(): void {
    if (!socket.listeners("data").includes(ours)) return;
    for (const listener of theirs) socket.on("data", listener);
    socket.removeListener("data", ours);
    if (socket.isPaused()) socket.resume();
  }

  const taken: TakenOver = {
    socket,
    done,
    give(packet) {
      // The frames between were kept from the driver, which counts them.
      packet[3] = wire.sequenceId;
      for (const listener of theirs) listener(packet);
    },
  };
  return taken;
}
