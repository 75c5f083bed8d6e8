import type { PortableAction, PortableType } from "../../core/portable.ts";
import type { DraftRequest } from "../data-roles.ts";
import { objectName } from "./object-name.ts";
import { literal, quoted, tableSql } from "./sql-text.ts";

type Trigger = Extract<PortableAction, { kind: "trigger" }>;
type Routine = Extract<PortableAction, { kind: "routine" }>;

/** A trigger with its function, or a routine; what is not translated raises an error. */
export function draft(request: DraftRequest): string | null {
  return request.action.kind === "trigger"
    ? triggerDraft(request, request.action)
    : routineDraft(request, request.action);
}

function triggerDraft({ name, table, assignments }: DraftRequest, action: Trigger): string | null {
  if (table === null) return null;
  const call = tableSql({ schema: table.schema, name: objectName(`${table.name}_${name.name}`) });
  const isDelete = action.events.every((event) => event === "delete");
  const body =
    assignments === null
      ? [raised(name.name)]
      : assignments.map(({ column, value }) => `NEW.${quoted(column)} := ${value};`);
  const returned = action.timing === "after" ? "NULL" : isDelete ? "OLD" : "NEW";
  const events = action.events.map((event) => {
    const [word = "", columns] = event.split(" of ");
    const list = columns === undefined ? "" : ` OF ${columns.split(", ").map(quoted).join(", ")}`;
    return `${word.toUpperCase()}${list}`;
  });
  return `CREATE FUNCTION ${call}() RETURNS trigger LANGUAGE plpgsql AS $draft$
BEGIN
${body.map((line) => `  ${line}`).join("\n")}
  RETURN ${returned};
END
$draft$;
CREATE TRIGGER ${quoted(name.name)} ${action.timing.toUpperCase()} ${events.join(" OR ")} ON ${tableSql(table)}
  FOR EACH ${action.forEach.toUpperCase()} EXECUTE FUNCTION ${call}();`;
}

function routineDraft({ name }: DraftRequest, { returns, parameters }: Routine): string {
  const list = parameters.map(
    (each) => `${each.mode.toUpperCase()} ${quoted(each.name)} ${typeName(each.type)}`,
  );
  const isFunction = returns !== null;
  const result = isFunction ? ` RETURNS ${typeName(returns === "other" ? null : returns)}` : "";
  return `CREATE ${isFunction ? "FUNCTION" : "PROCEDURE"} ${tableSql(name)}(${list.join(", ")})${result} LANGUAGE plpgsql AS $draft$
BEGIN
  ${raised(name.name)}
END
$draft$;`;
}

function raised(name: string): string {
  return `RAISE EXCEPTION USING MESSAGE = ${literal(`${name} is a draft: its body is not translated`)};`;
}

function typeName(type: PortableType | null): string {
  switch (type?.kind) {
    case "boolean":
    case "date":
    case "interval":
    case "uuid":
      return type.kind;
    case "integer": {
      const bits = type.bits + (type.unsigned ? 1 : 0);
      return bits <= 16 ? "smallint" : bits <= 32 ? "integer" : bits <= 64 ? "bigint" : "numeric";
    }
    case "year":
      return "integer";
    case "decimal":
      return "numeric";
    case "float":
      return type.bits === 32 ? "real" : "double precision";
    case "bytes":
      return "bytea";
    case "time":
      return "time";
    case "timestamp":
      return type.zone ? "timestamptz" : "timestamp";
    case "json":
      return "jsonb";
    default:
      return "text";
  }
}
