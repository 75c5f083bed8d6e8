import type { Expression } from "../../core/expression.ts";
import type { PortableColumn, PortableType } from "../../core/portable.ts";
import type { Mask } from "./model.ts";
import { refuse, type RulePlace } from "./refuse.ts";

export interface MaskedColumn {
  readonly value: Expression;
  /** What the masked values are. */
  readonly type: PortableType;
}

/** What is read of a column instead of its values. */
export function maskColumn(column: PortableColumn, mask: Mask, place: RulePlace): MaskedColumn {
  const { name, type } = column;
  if (/^(bytes|array|set|bits)$/.test(type.kind)) {
    refuse(place, `${name} holds ${type.kind}, which has no text to mask; leave the column out instead`);
  }
  const plain: Expression = { kind: "column", name };
  const text: Expression =
    type.kind === "text"
      ? plain
      : { kind: "cast", operand: plain, to: { kind: "text", length: null, fixed: false } };
  const call = (called: string, ...more: string[]): Expression => ({
    kind: "call",
    name: called,
    arguments: [text, ...more.map((value): Expression => ({ kind: "string", value }))],
  });
  const length = type.kind === "text" ? type.length : null;
  switch (mask.by) {
    case "digits":
      return {
        value: call("translate", "0123456789", mask.character.repeat(10)),
        type: { kind: "text", length, fixed: false },
      };
    case "random":
      return { value: call("random_digits"), type: { kind: "text", length, fixed: false } };
    case "hash":
      return { value: call("sha256_hex"), type: { kind: "text", length: 64, fixed: false } };
  }
}
