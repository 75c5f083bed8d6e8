import type { Surplus } from "./model.ts";
import { sameSurplus } from "./same-content.ts";

/** A member that differs, with its values as they are shown. */
export interface ChangedMember {
  readonly member: string;
  readonly before: string;
  readonly after: string;
}

/** How a member is compared, and shown to people. */
export interface ShownMember<T> {
  readonly member: string;
  readonly isSame: (before: T, after: T) => boolean;
  readonly show: (one: T) => string;
}

export function changedIn<T>(before: T, after: T, members: readonly ShownMember<T>[]): ChangedMember[] {
  return members
    .filter(({ isSame }) => !isSame(before, after))
    .map(({ member, show }) => ({ member, before: show(before), after: show(after) }));
}

export function numberShown(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

export const otherMembers: ShownMember<Surplus> = {
  member: "other members",
  isSame: sameSurplus,
  show: ({ extra, members }) =>
    [...(members ?? []).map(([name, json]) => `${name}: ${json}`), ...(extra ?? []).map(hexOf)].join(", "),
};

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
