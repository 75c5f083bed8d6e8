/** What SHOW GRANTS says that a user may do, in one database and on the whole server. Roles are in the text already. */
export interface Privileges {
  /** Whether a privilege holds for everything in the database. */
  readonly inDatabase: (privilege: string) => boolean;
  readonly onServer: (privilege: string) => boolean;
}

/** Reads the lines of SHOW GRANTS of MySQL or MariaDB. Grants on single tables and columns do not count. */
export function readGrants(lines: readonly string[], database: string): Privileges {
  const server = new Set<string>();
  const local = new Set<string>();
  const revoked = new Set<string>();
  for (const line of lines) {
    const match =
      /^(GRANT|REVOKE) (.+?) ON (?:TABLE )?(\*|`(?:[^`]|``)*`|"(?:[^"]|"")*"|[\w$]+)\.\* (?:TO|FROM) /.exec(
        line,
      );
    if (match === null) continue;
    const [, verb, list = "", place = ""] = match;
    const names = list.split(/,\s*(?![^()]*\))/).map((name) => name.trim().toUpperCase());
    if (place === "*") addAll(server, names);
    else if (matchesDatabase(unquoted(place), database)) addAll(verb === "REVOKE" ? revoked : local, names);
  }
  const has = (set: ReadonlySet<string>, privilege: string) =>
    set.has(privilege) || set.has("ALL PRIVILEGES") || set.has("ALL");
  return {
    inDatabase: (privilege) => has(local, privilege) || (has(server, privilege) && !has(revoked, privilege)),
    onServer: (privilege) => has(server, privilege),
  };
}

function addAll(set: Set<string>, names: readonly string[]): void {
  for (const name of names) set.add(name);
}

function unquoted(name: string): string {
  const quote = name[0];
  if (quote !== "`" && quote !== '"') return name;
  return name.slice(1, -1).replaceAll(quote + quote, quote);
}

/** A grant's database name is a pattern: % and _ stand for others, unless a backslash is before them. */
function matchesDatabase(pattern: string, database: string): boolean {
  let source = "";
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i] ?? "";
    const next = pattern[i + 1];
    if (character === "\\" && (next === "_" || next === "%" || next === "\\")) {
      source += next === "\\" ? "\\\\" : next;
      i++;
    } else if (character === "%") source += "[\\s\\S]*";
    else if (character === "_") source += "[\\s\\S]";
    else source += character.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
  }
  return new RegExp(`^${source}$`).test(database);
}
