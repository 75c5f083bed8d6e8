import { refuse, shown } from "../refuse.ts";

/** An object of the file, with the rule it belongs to and its path, so that every message can name both. */
export interface Members {
  readonly rule: string;
  readonly path: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** The value as an object that has no other keys than these. */
export function objectOf(
  rule: string,
  path: string,
  value: unknown,
  keys: readonly string[] | null,
): Members {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    refuse({ rule, path }, `an object was expected, not ${shown(value)}`);
  }
  for (const key of keys === null ? [] : Object.keys(value)) {
    if (keys!.includes(key)) continue;
    refuse({ rule, path: `${path}.${key}` }, `the key is not known; known are ${keys!.join(", ")}`);
  }
  return { rule, path, value: value as Record<string, unknown> };
}

export function has({ value }: Members, key: string): boolean {
  return Object.hasOwn(value, key) && value[key] !== undefined && value[key] !== null;
}

/** A member that is an object; null where there is none. */
export function objectAt(members: Members, key: string, keys: readonly string[] | null): Members | null {
  return has(members, key)
    ? objectOf(members.rule, `${members.path}.${key}`, members.value[key], keys)
    : null;
}

export function listAt(members: Members, key: string): readonly unknown[] {
  if (!has(members, key)) return [];
  const value = members.value[key];
  return Array.isArray(value) ? value : failAt(members, key, `a list was expected, not ${shown(value)}`);
}

/** A text; a number or a boolean stands for its digits or its word, as the console writes both. */
export function textAt(members: Members, key: string): string | null {
  if (!has(members, key)) return null;
  const value = members.value[key];
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return failAt(members, key, `a text was expected, not ${shown(value)}`);
}

export function neededText(members: Members, key: string): string {
  return textAt(members, key) ?? failAt(members, key, "it is missing");
}

export function wordAt<T extends string>(members: Members, key: string, words: readonly T[]): T | null {
  const text = textAt(members, key);
  if (text === null) return null;
  const word = words.find((each) => each === text);
  return word ?? failAt(members, key, `${shown(text)} is not known; known are ${words.join(", ")}`);
}

export function neededWord<T extends string>(members: Members, key: string, words: readonly T[]): T {
  return wordAt(members, key, words) ?? failAt(members, key, "it is missing");
}

/** A whole number, written as one or as its digits. */
export function wholeAt(members: Members, key: string, least: number, most: number): number | null {
  const text = textAt(members, key);
  if (text === null) return null;
  const number = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  return failAt(members, key, `a whole number from ${least} to ${most} was expected, not ${shown(text)}`);
}

export function failAt({ rule, path }: Members, key: string, why: string): never {
  refuse({ rule, path: `${path}.${key}` }, why);
}
