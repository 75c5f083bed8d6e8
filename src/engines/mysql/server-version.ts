/** Of the server's own version text, such as "10.11.19-MariaDB-0+deb12u1-log" or "8.4.3". */
export function isMariaDb(version: string): boolean {
  return /mariadb/i.test(version);
}

/** Some MariaDB builds put "5.5.5-" in front, for replicas of old servers. */
export function versionNumber(version: string): { readonly text: string; readonly parts: readonly number[] } {
  const text = /^\d+(\.\d+)*/.exec(version.replace(/^5\.5\.5-(?=\d)/, ""))?.[0] ?? "";
  return { text, parts: text.split(".").map(Number) };
}

/** Whether a version is at least another one, by major and minor number. */
export function atLeast(version: readonly number[], major: number, minor: number): boolean {
  const [a = 0, b = 0] = version;
  return a > major || (a === major && b >= minor);
}
