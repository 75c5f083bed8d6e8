import assert from "node:assert/strict";
import { test } from "node:test";
import { type SignalName, signalNames } from "../../core/guard-settings.ts";
import type { Observation } from "./decide.ts";
import { withoutWithheld } from "./withheld.ts";

const limit = { pause: 1, abort: null };
const limits = Object.fromEntries(signalNames.map((name) => [name, limit])) as Record<
  SignalName,
  typeof limit
>;

test("what a user may not see is a breach only where its limit was set by hand", () => {
  const hidden = (signal: SignalName): Observation => ({
    signal,
    of: "",
    unknown: "GRANT x",
    withheld: true,
  });
  const failed: Observation = { signal: "disk", of: "", unknown: "it is broken" };
  const told: Observation = { signal: "errors", of: "", value: 0 };
  const all = [hidden("lag"), hidden("lock-waiters"), failed, told];
  assert.deepEqual(withoutWithheld(all, { limits, demanded: ["lag", "errors"] }), {
    watched: [hidden("lag"), failed, told],
    left: [hidden("lock-waiters")],
  });
  // Of what has no limit nothing need be said.
  const none = { ...limits, lag: { pause: null, abort: null } };
  assert.deepEqual(withoutWithheld([hidden("lag")], { limits: none, demanded: [] }), {
    watched: [],
    left: [],
  });
});
