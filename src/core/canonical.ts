import { hash } from "node:crypto";

/** JSON with sorted keys and no white space: equal values give equal text. Undefined members are left out. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value) ?? "null";
  if (Array.isArray(value)) return canonicalArray(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

/** The usual array holds scalars, whose JSON is canonical already. */
function canonicalArray(value: readonly unknown[]): string {
  const isFlat = value.every(
    (member) => member === null || typeof member === "string" || typeof member === "number",
  );
  return isFlat ? JSON.stringify(value) : `[${value.map(canonicalJson).join(",")}]`;
}

/** SHA-256, lower-case hex, of bytes or of a string's UTF-8. */
export function sha256(data: string | Uint8Array): string {
  return hash("sha256", data, "hex");
}

/** SHA-256 of a value's canonical JSON. */
export function digest(value: unknown): string {
  return sha256(canonicalJson(value));
}
