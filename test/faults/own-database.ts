import { administer, withDatabase, type TargetName } from "../support/servers.ts";

/**
 * A database for a test. On PostgreSQL new tables are made in `public`, whatever the role's name is: by default a
 * schema of the role's own name comes first.
 */
export async function withOwnDatabase<T>(name: TargetName, use: (url: string) => Promise<T>): Promise<T> {
  return withDatabase(name, async (url) => {
    if (name === "postgres") {
      const database = new URL(url).pathname.slice(1);
      await administer(name, (sql) => sql(`ALTER DATABASE ${database} SET search_path = public`));
    }
    return use(url);
  });
}
