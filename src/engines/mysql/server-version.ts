/** Of the server's own version text, such as "10.11.19-MariaDB-0+deb12u1-log" or "8.4.3". */
export function isMariaDb(version: string): boolean {
  return /mariadb/i.test(version);
}

/** Some MariaDB builds put "5.5.5-" in front, for replicas of old servers. */
export function versionNumber(version: string): { readonly text: string; readonly parts: readonly number[] } {
  const text = /^\d+(\.\d+)*/.exec(version.replace(/^5\.5\.5-(?=\d)/, ""))?.[0] ?? "";
  return { text, parts: text.split(".").map(Number) };
}

export interface NamedServer {
  readonly mariaDb: boolean;
  readonly version: readonly number[];
}

/** Of ServerFacts.version, such as "MariaDB 10.11.19"; null where it is not known. */
export function namedServer(version: string | undefined): NamedServer | null {
  if (version === undefined || version === "") return null;
  return { mariaDb: isMariaDb(version), version: versionNumber(version.replace(/^\D*/, "")).parts };
}

/** Whether a version is at least another one, by major and minor number. */
export function atLeast(version: readonly number[], major: number, minor: number): boolean {
  const [a = 0, b = 0] = version;
  return a > major || (a === major && b >= minor);
}

/** Why a server is too old; null where it is not. */
export function unsupportedVersion(versionText: string): string | null {
  const { parts } = versionNumber(versionText);
  const [oldest, isKnown] = isMariaDb(versionText)
    ? ["MariaDB 10.6", atLeast(parts, 10, 6)]
    : ["MySQL 8.0", atLeast(parts, 8, 0)];
  if (isKnown) return null;
  return `it is older than ${oldest}: its DDL is not atomic, so a killed statement can leave half of its work`;
}
