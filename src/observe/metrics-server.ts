import { createServer } from "node:http";
import type { Metrics } from "./metrics.ts";
import type { Receiver, Warn } from "./receiver.ts";

/** Serves the metrics under /metrics while the command runs, and nothing else. */
export async function openMetricsServer(
  address: { readonly host: string; readonly port: number },
  options: { readonly metrics: Metrics; readonly warn: Warn },
): Promise<Receiver> {
  const server = createServer((request, response) => {
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (!isRead || request.url?.replace(/\?.*$/, "") !== "/metrics") {
      response.writeHead(isRead ? 404 : 405, { "content-type": "text/plain" }).end("see /metrics\n");
      return;
    }
    const text = options.metrics.text();
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    response.end(request.method === "HEAD" ? undefined : text);
  });
  // Nobody may hold it up: a scrape is one small request.
  server.requestTimeout = 5_000;
  server.maxConnections = 20;
  const isOpen = await new Promise<boolean>((resolve) => {
    server.once("error", (error) => {
      options.warn(`metrics cannot be served on ${address.host}:${address.port}: ${error.message}`);
      resolve(false);
    });
    server.listen(address.port, address.host, () => resolve(true));
  });
  server.on("error", () => {});
  server.unref();
  return {
    receive() {},
    async close() {
      if (!isOpen) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
