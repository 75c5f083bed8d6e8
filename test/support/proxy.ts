import { createServer, connect, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

export type Direction = "to-server" | "to-client";

/** What a trigger is asked about: one chunk on its way. */
export interface Passing {
  readonly direction: Direction;
  /** Number of the connection, from 1. */
  readonly connection: number;
  /** Bytes of this connection in this direction, this chunk included. */
  readonly bytes: number;
  /** The chunk as Latin-1, after the last 256 bytes before it, so that a word cut in two is seen. */
  readonly text: string;
}

/**
 * - `reset`: both sides get a TCP reset at once; the chunk is not forwarded
 * - `lose-reply`: the chunk is forwarded; when the server answers, the answer is thrown away and both sides are reset
 * - `half-close`: the chunk is forwarded, then the proxy ends its sending side towards the client only
 * - `stall-to-server`, `stall-to-client`, `stall`: from this chunk on nothing is forwarded in that direction, or in
 *   both; the connection stays open
 */
export type Fault = "reset" | "lose-reply" | "half-close" | "stall-to-server" | "stall-to-client" | "stall";

export interface FaultProxy extends AsyncDisposable {
  /** The server's URL with the proxy's address in the server's place. */
  readonly url: string;
  /** Connections accepted up to now. */
  readonly connections: number;
  /** Bytes and chunks forwarded, over all connections. */
  readonly forwarded: Readonly<Record<Direction, { readonly bytes: number; readonly chunks: number }>>;
  /** How many faults have happened. */
  readonly faults: number;
  /** Arms one fault, for the first chunk of which `trigger` holds. It happens once. */
  when(trigger: (passing: Passing) => boolean, fault: Fault): void;
  /** Arms a reset after exactly that many further bytes, over all connections, have gone that way. */
  cutAfter(direction: Direction, bytes: number): void;
  /** Does it to every open connection now. `lose-reply` loses the next one. */
  now(fault: Fault): void;
  /** From now on new connections are reset at once, or no more. */
  refuse(yes: boolean): void;
}

interface Link {
  readonly number: number;
  readonly client: Socket;
  readonly server: Socket;
  readonly bytes: Record<Direction, number>;
  readonly tail: Record<Direction, string>;
  readonly stalled: Set<Direction>;
  losing: boolean;
}

/**
 * A TCP proxy before the server of `url` that breaks on demand. What is said over TLS it cannot read, so use a URL
 * that speaks plainly where a trigger looks at the text.
 */
export async function startProxy(url: string): Promise<FaultProxy> {
  const target = new URL(url);
  const port = Number(target.port) || (target.protocol.startsWith("postgres") ? 5432 : 3306);
  const forwarded = { "to-server": { bytes: 0, chunks: 0 }, "to-client": { bytes: 0, chunks: 0 } };
  const armed: { trigger: (passing: Passing) => boolean; fault: Fault }[] = [];
  const cuts: Partial<Record<Direction, number>> = {};
  const links = new Set<Link>();
  const counts = { connections: 0, faults: 0 };
  let refusing = false;

  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    client.on("error", () => undefined); // resets are what this is for
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host: target.hostname, port, allowHalfOpen: true, noDelay: true });
    const link: Link = {
      number: ++counts.connections,
      client,
      server,
      bytes: { "to-server": 0, "to-client": 0 },
      tail: { "to-server": "", "to-client": "" },
      stalled: new Set(),
      losing: false,
    };
    links.add(link);
    forward(link, "to-server", client, server);
    forward(link, "to-client", server, client);
  });

  function forward(link: Link, direction: Direction, from: Socket, to: Socket): void {
    from.on("data", (chunk) => pass(link, direction, chunk as Buffer, from, to));
    from.on("end", () => link.stalled.has(direction) || to.end());
    from.on("error", () => reset(link)); // one side's reset is the other's too, as without a proxy
    // A stalled link's other side is still open, and has to be ended with the proxy.
    from.on("close", () => to.destroyed && links.delete(link));
  }

  function pass(link: Link, direction: Direction, chunk: Buffer, from: Socket, to: Socket): void {
    if (link.losing && direction === "to-client") {
      reset(link);
      return;
    }
    const text = link.tail[direction] + chunk.toString("latin1");
    link.tail[direction] = text.slice(-256);
    link.bytes[direction] += chunk.length;
    const passing = { direction, connection: link.number, bytes: link.bytes[direction], text };
    const index = armed.findIndex(({ trigger }) => trigger(passing));
    const fault = index < 0 ? undefined : armed.splice(index, 1)[0]?.fault;
    if (fault !== undefined && fault !== "lose-reply" && fault !== "half-close") strike(link, fault);
    if (link.stalled.has(direction) || to.destroyed) return;
    send(link, direction, chunk, from, to);
    if (fault === "lose-reply" || fault === "half-close") strike(link, fault);
  }

  function send(link: Link, direction: Direction, chunk: Buffer, from: Socket, to: Socket): void {
    const left = cuts[direction];
    const part = left === undefined ? chunk : chunk.subarray(0, left);
    forwarded[direction].bytes += part.length;
    forwarded[direction].chunks += 1;
    if (left !== undefined && left <= chunk.length) {
      delete cuts[direction];
      counts.faults += 1;
      // A reset throws away what is still to be sent, and the count of bytes is to be exact.
      to.write(part, () => reset(link));
      link.stalled.add("to-server").add("to-client");
      return;
    }
    if (left !== undefined) cuts[direction] = left - chunk.length;
    if (!to.write(part)) {
      from.pause();
      to.once("drain", () => from.resume());
    }
  }

  function strike(link: Link, fault: Fault): void {
    counts.faults += 1;
    if (fault === "reset") reset(link);
    else if (fault === "lose-reply") link.losing = true;
    else if (fault === "half-close") {
      link.stalled.add("to-client");
      link.client.end();
    } else {
      if (fault !== "stall-to-client") link.stalled.add("to-server");
      if (fault !== "stall-to-server") link.stalled.add("to-client");
    }
  }

  await listening(listener);
  target.hostname = "127.0.0.1";
  target.port = String((listener.address() as AddressInfo).port);
  return {
    url: target.href,
    get connections() {
      return counts.connections;
    },
    forwarded,
    get faults() {
      return counts.faults;
    },
    when: (trigger, fault) => void armed.push({ trigger, fault }),
    cutAfter: (direction, bytes) => void (cuts[direction] = bytes),
    now: (fault) => links.forEach((link) => strike(link, fault)),
    refuse: (yes) => void (refusing = yes),
    async [Symbol.asyncDispose]() {
      links.forEach(reset);
      const { promise, resolve } = Promise.withResolvers<void>();
      listener.close(() => resolve());
      await promise;
    },
  };
}

/** A trigger: the client sends something that holds the words, e.g. `sent("COMMIT")`. */
export function sent(words: string): (passing: Passing) => boolean {
  return ({ direction, text }) => direction === "to-server" && text.includes(words);
}

function reset(link: Link): void {
  link.client.resetAndDestroy();
  link.server.resetAndDestroy();
}

function listening(server: Server): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject).listen(0, "127.0.0.1", resolve);
  return promise;
}
