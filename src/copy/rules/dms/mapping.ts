import { GodwitError } from "../../../core/error.ts";
import type { RulesDocument } from "../document.ts";
import type { ChangeRule, MappingRules, RuleWarning, SelectionRule } from "../model.ts";
import { refuse, shown } from "../refuse.ts";
import { refuseContradictions } from "./contradictions.ts";
import { failAt, listAt, type Members, neededText, neededWord, objectOf, textAt } from "./members.ts";
import { readSelection, selectionKeys } from "./selection.ts";
import { readTransformation, transformationKeys } from "./transformation.ts";
import { readUnused, unusedRules } from "./unused-rules.ts";

const baseKeys = ["rule-type", "rule-id", "rule-name"];
const ruleTypes = ["selection", "transformation", ...Object.keys(unusedRules)];

/** Whether a document is a table mapping of DMS. */
export function isTableMapping(value: unknown): boolean {
  return value !== null && typeof value === "object" && Object.hasOwn(value, "rules");
}

/** Reads a table mapping of DMS. Throws GW7008 with the rule's id and the path of what is wrong. */
export function readTableMapping({ value }: RulesDocument): MappingRules {
  const root = objectOf("", "the file", value, ["rules"]);
  const listed = listAt(root, "rules");
  const ids = new Map<string, number>();
  const rules = listed.map((rule, index) => {
    const path = `rules[${index}]`;
    const id = idOf(rule, path);
    const other = ids.get(id);
    if (other !== undefined) {
      refuse({ rule: `rule ${id}`, path: `${path}.rule-id` }, `rules[${other}] has the same rule-id`);
    }
    ids.set(id, index);
    const { value: members } = objectOf("", path, rule, null);
    return { id, rule: `rule ${id}`, path, value: members };
  });
  const warnings: RuleWarning[] = [];
  const selections: SelectionRule[] = [];
  const changes: ChangeRule[] = [];
  // The lower id goes first, wherever it stands in the file.
  for (const rule of rules.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))) {
    const type = neededWord(rule, "rule-type", ruleTypes);
    const known = keysOf(type);
    objectOf(rule.rule, rule.path, rule.value, [...baseKeys, ...known]);
    textAt(rule, "rule-name");
    if (type === "selection") push(selections, readSelection(rule, warnings));
    else if (type === "transformation") push(changes, readTransformation(rule, warnings));
    else readUnused(rule, type, warnings);
  }
  if (selections.every(({ action }) => action !== "include")) {
    throw new GodwitError("GW7008", {
      message: "the file has no selection rule that includes a table",
      hint: 'A rule with "rule-action": "include" and "%" for both names includes all.',
      details: { rule: "", path: "rules" },
    });
  }
  refuseContradictions(selections, changes);
  return { selections, changes, oneChangeEach: true, settings: {}, warnings };
}

function keysOf(type: string): readonly string[] {
  if (type === "selection") return selectionKeys;
  return type === "transformation" ? transformationKeys : unusedRules[type]!.keys;
}

function idOf(rule: unknown, path: string): string {
  const members: Members = objectOf("", path, rule, null);
  const id = neededText(members, "rule-id");
  if (!/^\d{1,18}$/.test(id)) failAt(members, "rule-id", `a number was expected, not ${shown(id)}`);
  return String(BigInt(id));
}

function push<T>(list: T[], rule: T | null): void {
  if (rule !== null) list.push(rule);
}
