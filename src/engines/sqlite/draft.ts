import type { DraftRequest } from "../data-roles.ts";
import { traits } from "./traits.ts";

/** A trigger for each event. There are no routines, and a trigger cannot set columns of the row that is written. */
export function draft({ name, table, action }: DraftRequest): string | null {
  if (action.kind !== "trigger" || table === null) return null;
  const events = action.events.filter((event) => event !== "truncate");
  const triggers = events.map((event) => {
    const [word = "", columns] = event.split(" of ");
    const own = events.length === 1 ? name.name : `${name.name}_${word}`;
    const list = columns === undefined ? "" : ` OF ${columns.split(", ").map(traits.quote).join(", ")}`;
    const message = `${name.name} is a draft: its body is not translated`.replaceAll("'", "''");
    return `CREATE TRIGGER ${traits.quote(own)} ${action.timing.toUpperCase()} ${word.toUpperCase()}${list} ON ${traits.quote(table.name)} FOR EACH ROW
BEGIN
  SELECT RAISE(ABORT, '${message}');
END;`;
  });
  return triggers.length === 0 ? null : triggers.join("\n");
}
