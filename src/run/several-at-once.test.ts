import assert from "node:assert/strict";
import { test } from "node:test";
import { severalAtOnce } from "./several-at-once.ts";

test("workers take items at the same time, and the results keep the items' order", async () => {
  const first = Promise.withResolvers<void>();
  const work = async (item: string, worker: number) => {
    // The first item ends only when another worker has come to the last one.
    if (item === "c") first.resolve();
    if (item === "a") await first.promise;
    return `${item}${worker}`;
  };
  assert.deepEqual(await severalAtOnce(["a", "b", "c"], [1, 2], { work }), ["a1", "b2", "c2"]);
});

test("what fails first stops the others, and no further item is begun", async () => {
  const begun: string[] = [];
  const all = severalAtOnce(["a", "b", "c"], [1, 2], {
    work: async (item, _, stop) => {
      begun.push(item);
      if (item === "b") throw new Error("b cannot be read");
      await new Promise((_, reject) => {
        stop.addEventListener("abort", () => reject(new Error("interrupted")), { once: true });
      });
    },
  });
  await assert.rejects(all, /^Error: b cannot be read$/);
  assert.deepEqual(begun, ["a", "b"]);
});

test("the signal from outside reaches who works", async () => {
  const outside = new AbortController();
  const all = severalAtOnce(["a"], [1], {
    signal: outside.signal,
    work: (_, __, stop) =>
      new Promise((_, reject) => {
        stop.addEventListener("abort", () => reject(new Error("interrupted")), { once: true });
        outside.abort();
      }),
  });
  await assert.rejects(all, /^Error: interrupted$/);
});
