import { randomUUID } from "node:crypto";
import { version } from "../core/version.ts";
import type { NotifyTarget } from "../core/receiver-settings.ts";
import { type Notice, Notices } from "./notices.ts";
import { post } from "./post.ts";
import type { Receiver, Warn } from "./receiver.ts";
import { webhookHeaders } from "./sign-webhook.ts";

const attempts = 5;
/** More than a run can have, unless something goes round in circles. */
const mostWaiting = 100;

/** Tells webhooks and Slack of a run, each in the order of what happened, while the run goes on. */
export function openNotifier(
  targets: readonly NotifyTarget[],
  options: { readonly database: string; readonly warn: Warn },
): Receiver {
  const notices = new Notices(options.database);
  const stop = new AbortController();
  const queues = targets.map((target) => new Queue(target, stop.signal, options.warn));
  const tell = (notice: Notice | null) => {
    if (notice === null) return;
    for (const queue of queues) queue.add(notice);
  };
  return {
    receive: (event) => tell(notices.of(event)),
    async close(error, signal) {
      if (error !== null) tell(notices.ofError(error, new Date().toISOString()));
      signal.addEventListener("abort", () => stop.abort(), { once: true });
      if (signal.aborted) stop.abort();
      await Promise.all(queues.map((queue) => queue.empty()));
    },
  };
}

class Queue {
  readonly #target: NotifyTarget;
  readonly #signal: AbortSignal;
  readonly #warn: Warn;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(target: NotifyTarget, signal: AbortSignal, warn: Warn) {
    this.#target = target;
    this.#signal = signal;
    this.#warn = warn;
  }

  add(notice: Notice): void {
    if (!this.#target.on.includes(notice.kind) || this.#waiting >= mostWaiting) return;
    this.#waiting += 1;
    this.#tail = this.#tail.then(() => this.#send(notice)).finally(() => (this.#waiting -= 1));
  }

  async empty(): Promise<void> {
    await this.#tail;
  }

  async #send(notice: Notice): Promise<void> {
    const { form, url, secret } = this.#target;
    const id = `msg_${randomUUID()}`;
    const body = JSON.stringify(form === "slack" ? slackBody(notice) : webhookBody(notice));
    const headers = () => ({
      "user-agent": `godwit/${version}`,
      ...(form === "slack" ? {} : webhookHeaders({ id, body, secret, nowMs: Date.now() })),
    });
    const problem = await post({ url, headers, body, attempts, signal: this.#signal });
    if (problem === null) return;
    // Of the address only the host: the rest of it can be a secret.
    this.#warn(`${form} ${new URL(url).host} was not told that the run ${told[notice.kind]}: ${problem}`);
  }
}

const told: Readonly<Record<Notice["kind"], string>> = {
  started: "was started",
  paused: "is paused",
  failed: "failed",
  "rolled-back": "was rolled back",
  done: "is done",
};

function webhookBody({ kind, at, ...data }: Notice): unknown {
  return { type: `godwit.run.${kind}`, timestamp: at, data };
}

/** What Slack would take for a mention or a link is text. */
function slackBody({ kind, message }: Notice): unknown {
  const text = message.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return { text: `${signs[kind]} ${text}`, unfurl_links: false, unfurl_media: false };
}

const signs: Readonly<Record<Notice["kind"], string>> = {
  started: ":arrow_forward:",
  paused: ":double_vertical_bar:",
  failed: ":red_circle:",
  "rolled-back": ":leftwards_arrow_with_hook:",
  done: ":white_check_mark:",
};
