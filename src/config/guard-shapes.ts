import * as v from "valibot";
import { abortPolicies } from "../core/guard-settings.ts";
import { type GuardKey, type GuardSetting, type GuardSettingKind, guardSettings } from "./guard-settings.ts";

const replaced = v.pipe(v.string(), v.regex(/\$\{/));
const durationShape = v.union([
  v.literal(0),
  v.pipe(v.string(), v.regex(/^(0|\d{1,10}(ms|s|m|h))$/)),
  replaced,
]);
const text = v.pipe(v.string(), v.minLength(1));
const whole = (most: number) =>
  v.union([v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most)), replaced]);

const shapesByKind = {
  duration: durationShape,
  time: v.union([v.pipe(v.string(), v.regex(/^\d{1,10}(ms|s|m|h)$/)), replaced]),
  percent: v.union([v.pipe(v.string(), v.regex(/^\d{1,3}(\.\d{1,9})?%$/)), replaced]),
  count: whole(1_000_000),
  size: v.union([v.pipe(v.string(), v.regex(/^\d{1,9}\s*[kKmMgG]?[bB]?$/)), replaced]),
  samples: whole(1_000),
  path: text,
  policy: v.union([v.picklist(abortPolicies), replaced]),
  urls: v.array(text),
  queries: v.array(
    v.union([v.strictObject({ name: text, like: text }), v.strictObject({ name: text, probe: text })]),
  ),
  heartbeat: v.strictObject({ table: text, column: text }),
} satisfies Record<GuardSettingKind, v.GenericSchema>;

/** The shape of a setting in a file; limits can be null. */
export function guardShape(key: GuardKey): v.GenericSchema {
  const { kind, nullable }: GuardSetting = guardSettings[key];
  const shape: v.GenericSchema = shapesByKind[kind];
  return nullable ? v.nullable(shape) : shape;
}
