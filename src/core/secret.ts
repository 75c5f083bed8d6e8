/**
 * Secrets are redacted by value, not by the name of the field they stand in: whatever writes text for people,
 * files or the ledger passes it through `redact`, and a password that a driver or server quoted back is caught too.
 */

/**
 * Values shorter than this are not redacted: blanking every "a" of an output would destroy it and, by the
 * pattern of the holes, still tell the value. Such a password is no protection anyway.
 */
export const shortestSecret = 4;

/** What stands in the place of a secret. */
export const redactionMark = "***";

const known = new Set<string>();

/** Registers a value that must not appear in any output; false when it is too short to be redacted. */
export function registerSecret(value: string): boolean {
  if (value.length < shortestSecret) return false;
  for (const form of formsOf(value)) known.add(form);
  return true;
}

/** Forgets every secret; for tests, which share one process. */
export function forgetSecrets(): void {
  known.clear();
}

/** The text with every registered secret, in each of its written forms, replaced. */
export function redact(text: string): string {
  if (known.size === 0) return text;
  const spans: [start: number, end: number][] = [];
  for (const secret of known) {
    for (let at = text.indexOf(secret); at !== -1; at = text.indexOf(secret, at + 1)) {
      spans.push([at, at + secret.length]);
    }
  }
  return spans.length === 0 ? text : withoutSpans(text, spans);
}

/** The same for every string and key of a JSON value. Other objects than plain ones and arrays are kept as they are. */
export function redactDeep<T>(value: T): T;
export function redactDeep(value: unknown): unknown {
  if (known.size === 0) return value;
  if (typeof value === "string") return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactDeep<unknown>(item));
  if (!isPlain(value)) return value;
  // fromEntries defines members, so a key named __proto__ stays a key.
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [redact(key), redactDeep<unknown>(member)]),
  );
}

/** As written, percent-encoded (both cases of hex), inside JSON, inside an SQL string, and as Base64 of the whole value. */
function formsOf(value: string): string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const base64 = Buffer.from(value, "utf8").toString("base64");
  const forms = [
    value,
    json,
    value.replaceAll("'", "''"),
    base64.replace(/=+$/, ""),
    base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""),
  ];
  if (value.isWellFormed()) {
    const encoded = encodeURIComponent(value);
    const strict = encoded.replace(/[!'()*]/g, (character) => `%${hex(character)}`);
    for (const form of [encoded, strict, encoded.replaceAll("%20", "+")]) {
      forms.push(
        form,
        form.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
      );
    }
  }
  return forms;
}

function hex(character: string): string {
  return character.charCodeAt(0).toString(16).toUpperCase();
}

/** Overlapping and touching spans become one mark, so that no rest of a longer secret stays beside a shorter one. */
function withoutSpans(text: string, spans: [start: number, end: number][]): string {
  spans.sort((a, b) => a[0] - b[0]);
  let result = "";
  let position = 0;
  for (const [start, end] of spans) {
    if (end <= position) continue;
    if (start >= position) result += text.slice(position, start) + redactionMark;
    position = end;
  }
  return result + text.slice(position);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (value === null || typeof value !== "object") return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
