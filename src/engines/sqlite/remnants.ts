import type { Remnant, Session } from "../engine.ts";
import { traits } from "./traits.ts";

/** Tables that a refresh has made and not yet swapped. */
export async function remnants(session: Session): Promise<Remnant[]> {
  const found = await session.query(
    "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name LIKE 'godwit\\_new\\_%' ESCAPE '\\' ORDER BY name",
  );
  return found.map(({ name }) => ({
    what: "table of a refresh",
    name: traits.quote(String(name)),
    message: "a refresh that did not end left it",
    remedy: `DROP TABLE ${traits.quote(String(name))}`,
  }));
}
