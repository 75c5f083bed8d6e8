import type { Session } from "../engine.ts";

/** Numbers that applications keep in the file's head, where they are not 0. */
export async function applicationNumbers(
  session: Session,
): Promise<{ readonly name: string; readonly value: string }[]> {
  const found: { name: string; value: string }[] = [];
  for (const name of ["user_version", "application_id"]) {
    const [row] = await session.query(`PRAGMA main.${name}`);
    const value = String(row?.[name] ?? "0");
    if (value !== "0") found.push({ name, value });
  }
  return found;
}
