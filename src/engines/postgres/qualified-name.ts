import type { ObjectName } from "../../core/plan.ts";
import { traits } from "./traits.ts";

/** A name as `to_regclass` and its kin read it, quoted where it has to be. */
export function qualifiedName(object: ObjectName): string {
  const name = traits.quote(object.name);
  if (object.kind === "database" || object.kind === "schema")
    return /^[a-z_][a-z0-9_$]*$/.test(object.name) ? object.name : name;
  return object.schema === undefined ? name : `${traits.quote(object.schema)}.${name}`;
}
