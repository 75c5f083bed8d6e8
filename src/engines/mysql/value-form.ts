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
      return Buffer.from(floatForm(Number(value.toString("latin1")), as === "float32"), "latin1");
    case "labels":
      return Buffer.from(labelsForm(value.toString()));
  }
}

function floatForm(value: number, single: boolean): string {
  const size = Math.abs(value);
  if (!single && (value === 0 || (size >= 1e-4 && size < 1e15))) return String(value);
  const exact = single ? shortestSingle(Math.fround(value)) : value;
  return exact === 0 ? "0e0" : exact.toExponential().replace("e+", "e");
}

/** The double with the fewest digits that is this value in single precision. */
function shortestSingle(value: number): number {
  for (let digits = 1; digits < 9; digits += 1) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return Number(value.toPrecision(9));
}

/** Of a JSON array of labels, or of labels with commas. */
function labelsForm(text: string): string {
  const labels: unknown = text.startsWith("[") ? JSON.parse(text) : text.split(",");
  return (labels as string[])
    .toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
    .join(",");
}
