import { decode, encode } from "@msgpack/msgpack";
import { MsgpackDecoder } from "./msgpack-decoder.ts";

/*
 * Elements of MessagePack that no schema knows, in JSON. Where JSON says the same, they are shown as what they are;
 * else as {"$bytes": base64}. A library reads and writes them: they are rare and can be anything.
 */
const bytesKey = "$bytes";
/** More than the readers of both formats let through. */
const mostLevels = 200;
/** Where it is shown it stands some levels deep itself. */
const mostShownLevels = 100;

/** One value in MessagePack as JSON text from which {@link bytesOfExtra} makes the same bytes. */
export function jsonOfExtra(bytes: Uint8Array): string {
  try {
    const value = decode(bytes, { useBigInt64: true });
    const text = isPlain(value) ? JSON.stringify(value) : null;
    if (text !== null && Buffer.compare(bytesOfExtra(text, mostShownLevels) ?? Buffer.alloc(0), bytes) === 0)
      return text;
  } catch {
    // What the library refuses is kept as bytes.
  }
  return `{"${bytesKey}":"${Buffer.from(bytes).toString("base64")}"}`;
}

/** Null for what is no such text. */
export function bytesOfExtra(text: string, maxDepth = mostLevels): Uint8Array | null {
  let isExact = true;
  const value = JSON.parse(text, function (_, inner: unknown, context?: { source?: string }) {
    if (typeof inner === "number" && String(inner) !== context?.source) isExact = false;
    return inner;
  } as Parameters<typeof JSON.parse>[1]) as unknown;
  if (!isExact) return null;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.length === 1 && entries[0]![0] === bytesKey) return fromBase64(entries[0]![1]);
  }
  return encode(value, { maxDepth });
}

/** One whole value, and no more. */
function fromBase64(value: unknown): Uint8Array | null {
  if (typeof value !== "string") return null;
  const bytes = Buffer.from(value, "base64");
  if (bytes.toString("base64") !== value) return null;
  try {
    const decoder = new MsgpackDecoder().attachBytes(bytes);
    decoder.value("$extra");
    return decoder.at === bytes.length ? bytes : null;
  } catch {
    return null;
  }
}

/** Made of what JSON has: numbers only such as it gives back. */
function isPlain(value: unknown): boolean {
  if (value === null || typeof value === "boolean" || typeof value === "string") return true;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== "object" || value instanceof Uint8Array || value instanceof Date) return false;
  const inner: unknown[] = Array.isArray(value) ? value : Object.values(value);
  return (Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype) && inner.every(isPlain);
}
