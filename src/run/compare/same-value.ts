import type { DigestForm } from "../../engines/data-roles.ts";
import { floatDistance } from "./float-distance.ts";
import { sameJson } from "./same-json.ts";

export type Verdict = "same" | "within-tolerance" | "different";

/** Compares two values in a form's spelling; `ulps` is how many representable floats apart still counts as one. */
export function sameValue(
  source: string | null,
  target: string | null,
  form: DigestForm,
  ulps: number,
): Verdict {
  if (source === target) return "same";
  if (source === null || target === null) return "different";
  if (form.kind === "float") {
    const distance = floatDistance(source, target, form.bits);
    if (distance === null) return "different";
    return distance === 0n ? "same" : distance <= BigInt(ulps) ? "within-tolerance" : "different";
  }
  if (form.kind === "json") return sameJson(source, target) ? "same" : "different";
  if (form.kind === "text" && form.trimmed) return trimmed(source) === trimmed(target) ? "same" : "different";
  return "different";
}

function trimmed(text: string): string {
  return text.replace(/ +$/, "");
}
