import type { TargetName } from "../servers.ts";

/** How a name is quoted in that engine's SQL. */
export function quoteFor(name: TargetName): (name: string) => string {
  const mark = name === "mysql" || name === "mariadb" ? "`" : '"';
  return (text) => `${mark}${text.replaceAll(mark, mark + mark)}${mark}`;
}
