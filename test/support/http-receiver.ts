import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface HttpReceiver extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly received: readonly Received[];
}

/** A server that keeps what it gets; `answer` gives status and headers, default 200. */
export async function startReceiver(
  answer: (
    request: Received,
    count: number,
  ) => { status: number; headers?: Record<string, string> } = () => ({
    status: 200,
  }),
): Promise<HttpReceiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      const got = { path: request.url ?? "", headers: request.headers, body };
      received.push(got);
      const { status, headers } = answer(got, received.length);
      response.writeHead(status, headers).end("ok");
    });
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    received,
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  await using receiver = await startReceiver();
  return receiver.port;
}
