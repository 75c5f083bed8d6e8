import assert from "node:assert/strict";

/** Every role that the tests create has it as its password. It may appear in no output, file or table. */
export const canary = "canary-7Wq9%2@x/:t";

/** Fails when a text holds the canary, in any of the forms in which a URL, JSON or Base64 would hold it. */
export function assertNoCanary(...texts: readonly string[]): void {
  const forms = [
    canary,
    encodeURIComponent(canary),
    JSON.stringify(canary).slice(1, -1),
    Buffer.from(canary).toString("base64"),
    canary.replaceAll("'", "''"),
  ];
  for (const text of texts) {
    for (const form of forms) {
      const at = text.indexOf(form);
      assert.equal(at, -1, `the canary password is in the text: …${text.slice(Math.max(0, at - 80), at)}`);
    }
  }
}
