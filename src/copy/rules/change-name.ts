import type { NameChange } from "./model.ts";

/** A name after a change; one that the change does not fit (a prefix that is not there) stays. */
export function changedName(name: string, change: NameChange): string {
  switch (change.by) {
    case "rename":
      return change.to;
    case "pattern": {
      const [, star] = new RegExp(change.from.expression, "su").exec(name) ?? [];
      return star === undefined ? name : change.to.split("*").join(star);
    }
    case "lower":
      return name.toLowerCase();
    case "upper":
      return name.toUpperCase();
    case "add-prefix":
      return change.value + name;
    case "add-suffix":
      return name + change.value;
    case "remove-prefix":
      return name.startsWith(change.value) ? name.slice(change.value.length) : name;
    case "remove-suffix":
      return name.endsWith(change.value) ? name.slice(0, name.length - change.value.length) : name;
    case "replace-prefix":
      return name.startsWith(change.old) ? change.value + name.slice(change.old.length) : name;
    case "replace-suffix":
      return name.endsWith(change.old) ? name.slice(0, name.length - change.old.length) + change.value : name;
  }
}
