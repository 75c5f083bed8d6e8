import { createHmac } from "node:crypto";

/**
 * The headers of a webhook by the Standard Webhooks specification: an id that stays the same over all attempts, the
 * time of this one, and an HMAC-SHA256 over "id.time.body". Without a secret nothing is signed.
 */
export function webhookHeaders(message: {
  readonly id: string;
  readonly body: string;
  readonly secret: string | null;
  readonly nowMs: number;
}): Readonly<Record<string, string>> {
  const { id, body, secret, nowMs } = message;
  const time = String(Math.floor(nowMs / 1_000));
  const headers = { "webhook-id": id, "webhook-timestamp": time };
  if (secret === null) return headers;
  const signature = createHmac("sha256", keyOf(secret)).update(`${id}.${time}.${body}`).digest("base64");
  return { ...headers, "webhook-signature": `v1,${signature}` };
}

/** `whsec_` and base64, as the specification has it; any other secret is its own bytes. */
function keyOf(secret: string): Buffer {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  return encoded === undefined ? Buffer.from(secret, "utf8") : Buffer.from(encoded, "base64");
}
