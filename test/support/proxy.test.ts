import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import test from "node:test";
import { sent, startProxy } from "./proxy.ts";
import { until } from "./until.ts";

/** A server that answers each chunk with its upper-case form and keeps what it received. */
async function shouter() {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.setEncoding("latin1").on("data", (chunk) => {
      received.push(String(chunk));
      socket.write(String(chunk).toUpperCase());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `postgres://u:p@127.0.0.1:${(server.address() as AddressInfo).port}/d`,
    received,
    sockets,
    async [Symbol.asyncDispose]() {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A client that keeps what it received and how it ended. */
async function caller(url: string) {
  const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port), allowHalfOpen: true });
  const seen = { text: "", end: false, error: "" };
  socket.setEncoding("latin1").on("data", (chunk) => (seen.text += String(chunk)));
  socket.on("end", () => (seen.end = true));
  socket.on("error", (error: NodeJS.ErrnoException) => (seen.error = error.code ?? ""));
  await once(socket, "connect").catch(() => undefined); // seen.error has it
  return { socket, seen, [Symbol.dispose]: () => void socket.destroy() };
}

test("an undisturbed proxy forwards and counts", async () => {
  await using server = await shouter();
  await using proxy = await startProxy(server.url);
  using client = await caller(proxy.url);
  client.socket.write("hello");
  await until(() => client.seen.text === "HELLO");
  assert.deepEqual(proxy.forwarded, {
    "to-server": { bytes: 5, chunks: 1 },
    "to-client": { bytes: 5, chunks: 1 },
  });
  assert.equal(new URL(proxy.url).pathname, "/d");
});

test("reset: the chunk never reaches the server", async () => {
  await using server = await shouter();
  await using proxy = await startProxy(server.url);
  proxy.when(sent("COMMIT"), "reset");
  using client = await caller(proxy.url);
  client.socket.write("COMMIT");
  await until(() => client.seen.error === "ECONNRESET");
  assert.deepEqual(server.received, []);
  assert.equal(proxy.faults, 1);
});

test("lose-reply: the server has the message, the client never its answer", async () => {
  await using server = await shouter();
  await using proxy = await startProxy(server.url);
  proxy.when(sent("COMMIT"), "lose-reply");
  using client = await caller(proxy.url);
  client.socket.write("COM");
  await until(() => client.seen.text === "COM"); // the word comes in two parts
  client.socket.write("MIT");
  await until(() => client.seen.error === "ECONNRESET");
  assert.deepEqual(server.received, ["COM", "MIT"]);
  assert.equal(client.seen.text, "COM");
});

test("a fault happens once", async () => {
  await using server = await shouter();
  await using proxy = await startProxy(server.url);
  proxy.when(sent("x"), "reset");
  using first = await caller(proxy.url);
  first.socket.write("x");
  await until(() => first.seen.error !== "");
  using second = await caller(proxy.url);
  second.socket.write("x");
  await until(() => second.seen.text === "X");
});

test("half-close: the client sees the end and can still send", async () => {
  await using server = await shouter();
  await using proxy = await startProxy(server.url);
  proxy.when(sent("a"), "half-close");
  using client = await caller(proxy.url);
  client.socket.write("a");
  await until(() => client.seen.end);
  client.socket.write("b");
  await until(() => server.received.join("") === "ab");
  assert.equal(client.seen.error, "");
});

test("stall-to-client: the server goes on, the client hears nothing", async () => {
  await using server = await shouter();
  await using proxy = await startProxy(server.url);
  using client = await caller(proxy.url);
  client.socket.write("a");
  await until(() => client.seen.text === "A");
  proxy.now("stall-to-client");
  client.socket.write("b");
  await until(() => server.received.length === 2);
  // A second connection's answer comes after the first one's would have.
  using other = await caller(proxy.url);
  other.socket.write("c");
  await until(() => other.seen.text === "C");
  assert.deepEqual({ ...client.seen }, { text: "A", end: false, error: "" });
});

test("cutAfter: exactly that many bytes arrive", async () => {
  await using server = await shouter();
  await using proxy = await startProxy(server.url);
  proxy.cutAfter("to-server", 7);
  using client = await caller(proxy.url);
  client.socket.write("12345");
  await until(() => client.seen.text === "12345");
  client.socket.write("67890");
  await until(() => client.seen.error === "ECONNRESET");
  assert.equal(proxy.forwarded["to-server"].bytes, 7);
  assert.match("1234567", new RegExp(`^${server.received.join("")}`));
});

test("refuse: new connections are reset until allowed again", async () => {
  await using server = await shouter();
  await using proxy = await startProxy(server.url);
  proxy.refuse(true);
  using refused = await caller(proxy.url);
  await until(() => refused.seen.error === "ECONNRESET");
  proxy.refuse(false);
  using client = await caller(proxy.url);
  client.socket.write("a");
  await until(() => client.seen.text === "A");
});
