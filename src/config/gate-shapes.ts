import * as v from "valibot";
import { gateNames } from "../core/gate-names.ts";
import { environments } from "./gate-settings.ts";

const text = v.pipe(v.string(), v.minLength(1), v.maxLength(1_000));
const duration = v.pipe(v.string(), v.regex(/^\d{1,10}(ms|s|m|h)$/));

/** The shapes of the settings about gates in a configuration file. */
export const gateShapes = {
  environment: v.union([v.picklist(environments), v.pipe(v.string(), v.regex(/\$\{/))]),
  approvers: v.record(v.pipe(text, v.maxLength(200)), v.nullable(text)),
  expect: v.strictObject({
    database: v.exactOptional(text),
    host: v.exactOptional(text),
    port: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
    server: v.exactOptional(text),
  }),
  gates: v.strictObject({
    environment: v.exactOptional(v.boolean()),
    confirm: v.exactOptional(v.boolean()),
    ticket: v.exactOptional(v.boolean()),
    approvals: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(10))),
    impact: v.exactOptional(v.boolean()),
    backup: v.exactOptional(v.union([duration, v.literal(false)])),
    staging: v.exactOptional(v.boolean()),
    rollback: v.exactOptional(v.union([duration, v.literal(false)])),
    snapshot: v.exactOptional(v.boolean()),
    phases: v.exactOptional(v.boolean()),
    skip: v.exactOptional(v.array(v.picklist(gateNames))),
  }),
};
