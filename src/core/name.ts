import { GodwitError } from "./error.ts";

/**
 * Checks a name that is new (given as a parameter) and returns it. Names that already exist in a database are
 * quoted whatever they hold; this rule keeps Godwit from adding names that need it. Throws GW1007.
 */
export function validateName(name: string, what: string): string {
  const problem = problemOf(name);
  if (problem === null) return name;
  throw new GodwitError("GW1007", {
    message: `${what} ${JSON.stringify(name.slice(0, 80))} ${problem}.`,
    details: { what, name: name.slice(0, 80) },
  });
}

function problemOf(name: string): string | null {
  if (name === "") return "is empty";
  if (name.length > 63) return "is longer than 63 characters";
  if (/^[0-9]/.test(name)) return "begins with a digit";
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name.includes("\n")) {
    return "holds something else than letters A to Z, digits and underscores";
  }
  if (reserved.has(name.toLowerCase())) return "is a reserved word of SQL";
  return null;
}

/** Words that at least two of the engines do not take as an unquoted table name. */
const reserved: ReadonlySet<string> = new Set(
  `add all alter analyze and as asc between both by case cast check collate column constraint create cross
  current_date current_role current_time current_timestamp current_user database default deferrable delete desc
  distinct drop else end escape except exists explain false fetch for foreign from full grant group having if in
  index inner insert intersect into is isnull join key lateral leading left like limit lock natural not notnull
  null on or order outer primary procedure recursive references release rename replace restrict returning revoke
  right row rows schema select set some table then to trailing transaction trigger true union unique update user
  using values when where window with`.split(/\s+/),
);
