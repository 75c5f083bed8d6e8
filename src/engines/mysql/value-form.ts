import { floatForm } from "../float-form.ts";
import type { SentForm } from "./digest-form.ts";

/** A value's form in a row's text from what the server sent; of long values, which are text or bytes, a part. */
export function valueForm(value: Buffer, as: SentForm): Buffer {
  switch (as) {
    case "plain":
      return value;
    case "hexadecimal":
      return Buffer.from(value.toString("hex"), "latin1");
    case "float32":
    case "float64":
      return Buffer.from(floatForm(Number(value.toString("latin1")), as === "float32" ? 32 : 64), "latin1");
    case "labels":
      return Buffer.from(labelsForm(value.toString()));
  }
}

/** Of a JSON array of labels, or of labels with commas. */
function labelsForm(text: string): string {
  const labels: unknown = text.startsWith("[") ? JSON.parse(text) : text.split(",");
  return (labels as string[])
    .toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
    .join(",");
}
