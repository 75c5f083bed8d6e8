import { GodwitError } from "../../core/error.ts";

export interface RulePlace {
  /** "rule 3"; "" where no rule is concerned. */
  readonly rule: string;
  /** "rules[2].object-locator". */
  readonly path: string;
}

/** GW7008: with the rule's id and the path of what is wrong with it. */
export function refuse({ rule, path }: RulePlace, why: string): never {
  const places = [rule, path].filter((text) => text !== "");
  throw new GodwitError("GW7008", {
    message: places.length === 0 ? why : `${places.join(", ")}: ${why}`,
    details: { rule, path },
  });
}

/** A value of a file in a message: short, and never more than a line. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
