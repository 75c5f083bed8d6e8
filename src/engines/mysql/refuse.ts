import { GodwitError } from "../../core/error.ts";
import type { TableName } from "../../core/portable.ts";
import type { Session } from "../engine.ts";

const warningsShown = 5;

/** Rejects with what the server said of the last statement. */
export async function refuse(session: Session, table: TableName, counts: string): Promise<never> {
  const warnings = await session.query(`SHOW WARNINGS LIMIT ${warningsShown}`);
  const said = warnings.map((row) => ({ errno: Number(row.Code), message: String(row.Message) }));
  throw new GodwitError("GW7002", {
    message: `${table.name}: ${said[0]?.message ?? counts}`,
    details: { table: table.name, counts, warnings: said },
    cause: said[0],
    outcome: "changed",
  });
}
