import { setTimeout as sleep } from "node:timers/promises";
import { redact } from "../core/secret.ts";

export interface PostOptions {
  readonly url: string;
  /** Made anew for each attempt, because a signature has a time. */
  readonly headers: () => Readonly<Record<string, string>>;
  readonly body: string;
  readonly attempts: number;
  readonly signal: AbortSignal;
}

const attemptMs = 5_000;
const firstPauseMs = 500;
const longestPauseMs = 8_000;
/** Answers after which the same request may succeed. */
const passing = (status: number) => status === 408 || status === 425 || status === 429 || status >= 500;

/**
 * Posts a body, again after failures that may pass, with growing, jittered pauses. No redirect is followed: it would
 * carry what is told to an address that nobody has chosen. Resolves to null, or to why it was not delivered; the
 * address itself, which can be a secret, is not in that.
 */
export async function post({ url, headers, body, attempts, signal }: PostOptions): Promise<string | null> {
  let problem = "";
  for (let attempt = 1; ; attempt++) {
    let pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
    try {
      const response = await fetch(url, {
        method: "POST",
        redirect: "manual",
        headers: { "content-type": "application/json", ...headers() },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(attemptMs)]),
      });
      await response.body?.cancel();
      if (response.ok) return null;
      problem = `it answered ${response.status}`;
      if (!passing(response.status)) return problem;
      const wanted = Number(response.headers.get("retry-after")) * 1_000;
      if (wanted > 0) pauseMs = Math.min(longestPauseMs, Math.max(pauseMs, wanted));
    } catch (error) {
      problem = reasonOf(error);
    }
    if (signal.aborted || attempt >= attempts) return problem;
    await sleep(pauseMs, undefined, { signal }).catch(() => {});
    if (signal.aborted) return problem;
  }
}

/** The cause of a failed fetch is where the reason is. */
function reasonOf(error: unknown): string {
  const { cause, message, name } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === "TimeoutError") return `no answer within ${attemptMs / 1_000} s`;
  return redact(cause?.code ?? cause?.message ?? message);
}
