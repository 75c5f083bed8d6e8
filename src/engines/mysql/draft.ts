import type { PortableAction, PortableType } from "../../core/portable.ts";
import type { DraftRequest } from "../data-roles.ts";
import { plainLiteral, tableText } from "./sql-text.ts";
import { traits } from "./traits.ts";

type Trigger = Extract<PortableAction, { kind: "trigger" }>;
type Routine = Extract<PortableAction, { kind: "routine" }>;

/** A trigger for each event, or a routine; what is not translated signals an error. */
export function draft(request: DraftRequest): string | null {
  const { action } = request;
  const body = action.kind === "trigger" ? triggerDraft(request, action) : routineDraft(request, action);
  return body === null ? null : `DELIMITER //\n${body}\nDELIMITER ;`;
}

/** One event each, of rows only; columns are not looked at, and there is none for TRUNCATE. */
function triggerDraft({ name, table, assignments }: DraftRequest, action: Trigger): string | null {
  if (table === null || action.timing === "instead of") return null;
  const events = action.events.map((event) => event.split(" ")[0]!).filter((event) => event !== "truncate");
  const body =
    assignments === null
      ? [signalled(name.name)]
      : assignments.map(({ column, value }) => `SET NEW.${traits.quote(column)} = ${value};`);
  const triggers = events.map((event) => {
    const own = events.length === 1 ? name.name : `${name.name}_${event}`;
    return `CREATE TRIGGER ${traits.quote(own)} ${action.timing.toUpperCase()} ${event.toUpperCase()} ON ${tableText(table)} FOR EACH ROW
BEGIN
${body.map((line) => `  ${line}`).join("\n")}
END//`;
  });
  return triggers.length === 0 ? null : triggers.join("\n");
}

function routineDraft({ name }: DraftRequest, { returns, parameters }: Routine): string {
  const isFunction = returns !== null;
  const list = parameters.map((each) => {
    // A function takes values in only.
    const mode = isFunction ? "" : `${each.mode.toUpperCase()} `;
    return `${mode}${traits.quote(each.name)} ${typeName(each.type)}`;
  });
  const result = isFunction
    ? ` RETURNS ${typeName(returns === "other" ? null : returns)} READS SQL DATA`
    : "";
  return `CREATE ${isFunction ? "FUNCTION" : "PROCEDURE"} ${traits.quote(name.name)}(${list.join(", ")})${result}
BEGIN
  ${signalled(name.name)}${isFunction ? "\n  RETURN NULL;" : ""}
END//`;
}

/** The server takes 128 characters. */
function signalled(name: string): string {
  const text = `${name} is a draft: its body is not translated`;
  return `SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ${plainLiteral([...text].slice(-120).join(""))};`;
}

function typeName(type: PortableType | null): string {
  switch (type?.kind) {
    case "boolean":
      return "tinyint(1)";
    case "integer": {
      const word = { 8: "tinyint", 16: "smallint", 24: "mediumint", 32: "int", 64: "bigint" }[type.bits];
      return `${word}${type.unsigned ? " unsigned" : ""}`;
    }
    case "decimal":
      return "decimal(65,30)";
    case "float":
      return type.bits === 32 ? "float" : "double";
    case "date":
    case "year":
    case "json":
      return type.kind;
    case "time":
      return "time(6)";
    case "timestamp":
      return "datetime(6)";
    case "bytes":
      return "longblob";
    default:
      return "longtext";
  }
}
