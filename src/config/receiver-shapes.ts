import * as v from "valibot";
import { notifyKinds } from "../core/receiver-settings.ts";
import type { ReceiverKey } from "./receiver-settings.ts";

const text = v.pipe(v.string(), v.minLength(1));
const replaced = v.pipe(v.string(), v.regex(/\$\{/));
const on = v.exactOptional(v.array(v.picklist(notifyKinds)));

/** The shapes of these settings in a file. */
export const receiverShapes = {
  "log.file": v.nullable(text),
  "metrics.file": v.nullable(text),
  "metrics.interval": v.union([v.pipe(v.string(), v.regex(/^\d{1,10}(ms|s|m|h)$/)), replaced]),
  "metrics.listen": v.nullable(
    v.union([v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)), text]),
  ),
  "metrics.remote": v.boolean(),
  "otel.endpoint": v.nullable(text),
  "otel.headers": v.nullable(v.record(v.string(), v.string())),
  notify: v.array(
    v.union([
      v.strictObject({
        webhook: text,
        secret: v.exactOptional(text),
        on,
        insecure: v.exactOptional(v.boolean()),
      }),
      v.strictObject({ slack: text, on, insecure: v.exactOptional(v.boolean()) }),
    ]),
  ),
} satisfies Record<ReceiverKey, v.GenericSchema>;
