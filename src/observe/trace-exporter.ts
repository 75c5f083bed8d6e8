import { redactDeep } from "../core/secret.ts";
import { otlpBody } from "./otlp.ts";
import { post } from "./post.ts";
import type { Receiver, Warn } from "./receiver.ts";
import { type ParentSpan, type Span, Spans } from "./spans.ts";

const batch = 256;
const intervalMs = 5_000;
/** A receiver that takes nothing must not fill the memory. */
const mostWaiting = 4_096;
const attempts = 4;

/** Sends the spans of a run to an OTLP receiver, some at a time. */
export function openTraceExporter(options: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource: Readonly<Record<string, string>>;
  readonly database: string;
  readonly parent: ParentSpan | null;
  readonly warn: Warn;
}): Receiver {
  const { url, headers, resource, warn } = options;
  const spans = new Spans(options);
  const stop = new AbortController();
  let waiting: Span[] = [];
  let sending: Promise<void> = Promise.resolve();
  let isBusy = false;
  let lost = 0;
  let problem = "";
  const send = () => {
    if (isBusy || waiting.length === 0) return;
    isBusy = true;
    sending = sendAll().finally(() => (isBusy = false));
  };
  const sendAll = async () => {
    while (waiting.length > 0) {
      const part = waiting.slice(0, batch);
      waiting = waiting.slice(batch);
      const body = otlpBody(redactDeep(part), resource);
      const failure = await post({ url, headers: () => headers, body, attempts, signal: stop.signal });
      if (failure === null) continue;
      lost += part.length;
      problem = failure;
    }
  };
  const add = (ended: readonly Span[]) => {
    const room = Math.max(0, mostWaiting - waiting.length);
    waiting.push(...ended.slice(0, room));
    lost += Math.max(0, ended.length - room);
    if (waiting.length >= batch) send();
  };
  const timer = setInterval(send, intervalMs).unref();
  return {
    receive: (event) => add(spans.after(event)),
    async close(error, signal) {
      clearInterval(timer);
      signal.addEventListener("abort", () => stop.abort(), { once: true });
      if (signal.aborted) stop.abort();
      add(spans.end(Date.now(), error === null ? null : `${error.code} ${error.message}`));
      await sending;
      send();
      await sending;
      if (lost > 0)
        warn(`${new URL(url).host} did not get ${lost} spans: ${problem || "they were too many"}`);
    },
  };
}
