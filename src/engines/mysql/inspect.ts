import type { DefinedObject, SchemaModel } from "../../core/schema.ts";
import type { InspectRole, Session } from "../engine.ts";
import { dump } from "./dump.ts";
import { readObjects } from "./inspect-objects.ts";
import { readTables } from "./inspect-tables.ts";
import { withPlainDisplay } from "./plain-display.ts";

export const inspect: InspectRole = { schema, dump };

/** The database is the only schema there is, so the model's `schema` is empty: equal databases of two names are equal. */
async function schema(session: Session): Promise<SchemaModel> {
  return withPlainDisplay(session, async (where) => {
    const objects = (await readObjects(session, where)).map((object): DefinedObject => ({
      kind: object.kind,
      schema: "",
      name: object.name,
      definition: object.statement,
    }));
    return { tables: await readTables(session, where), objects: objects.sort(byKindAndName) };
  });
}

function byKindAndName(a: DefinedObject, b: DefinedObject): number {
  const [left, right] = [`${a.kind} ${a.name}`, `${b.kind} ${b.name}`];
  return left < right ? -1 : left > right ? 1 : 0;
}
