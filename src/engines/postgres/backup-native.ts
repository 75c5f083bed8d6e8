import { GodwitError } from "../../core/error.ts";
import type { Target } from "../../core/target.ts";
import type { NativeRole } from "../backup-role.ts";
import { type ClientProgram, feedProgram, findProgram, programOutput } from "../client-program.ts";
import type { Session } from "../engine.ts";

/** pg_dump's custom format, from the very snapshot whose rows are summed; pg_restore in one transaction. */
export const native: NativeRole = {
  isAtomic: true,
  notHeld: [
    "roles, their passwords and memberships",
    "owners: what is restored belongs to who restores it",
    "tablespaces, settings of the database and of roles",
  ],
  programs: async (session) => {
    const { dump, restore } = await programs(session);
    return { pg_dump: dump.version, pg_restore: restore.version };
  },
  dump: async (session, { target, signal }) => {
    const { dump } = await programs(session);
    const [row] = await session.query("SELECT pg_export_snapshot() AS id");
    const words = [
      "--format=custom",
      // The archive compresses by itself, and better at this speed.
      "--compress=0",
      "--no-password",
      "--exclude-schema=godwit",
      `--snapshot=${String(row?.id)}`,
    ];
    return {
      pieces: programOutput({ path: dump.path, words, env: environment(target), signal }),
      position: null,
    };
  },
  restore: async (session, pieces, { target, signal }) => {
    const { restore } = await programs(session);
    const words = [
      `--dbname=dbname='${target.database.replaceAll(/['\\]/g, String.raw`\$&`)}'`,
      "--single-transaction",
      "--exit-on-error",
      "--no-password",
      "--no-owner",
      // To grant to a role that is not here would end the restore: those that are here get theirs afterwards.
      "--no-privileges",
    ];
    await feedProgram({ path: restore.path, words, env: environment(target), signal }, pieces);
  },
};

async function programs(session: Session): Promise<{ dump: ClientProgram; restore: ClientProgram }> {
  const [row] = await session.query("SELECT current_setting('server_version_num') AS version");
  const server = Math.floor(Number(row?.version) / 10_000);
  const found = async (name: string): Promise<ClientProgram> => {
    const program = await findProgram([name]);
    const major = Number(/\) (\d+)/.exec(program?.version ?? "")?.[1] ?? 0);
    if (program !== null && major >= server) return program;
    throw new GodwitError("GW8208", {
      message:
        program === null
          ? `there is no ${name} on the PATH`
          : `${program.path} is of version ${major}, and the server of version ${server}: an older one refuses it`,
      hint: `Install PostgreSQL's client programs of version ${server} or newer (Debian: postgresql-client-${server}) and put them first on the PATH, or leave --form out.`,
      details: { program: name, found: program?.version ?? null, server },
    });
  };
  return { dump: await found("pg_dump"), restore: await found("pg_restore") };
}

/** libpq's variables, so that neither the password nor a name that looks like a URL stands among the words. */
function environment({ host, port, user, password, database, tls }: Target): Record<string, string> {
  return {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGDATABASE: database,
    PGAPPNAME: "godwit backup",
    PGCLIENTENCODING: "UTF8",
    PGSSLMODE: tls.mode,
    // No file of the user's has a word in this.
    PGSERVICEFILE: "/dev/null",
    PGPASSFILE: "/dev/null",
    ...(password === "" ? {} : { PGPASSWORD: password }),
    ...(tls.ca === undefined ? {} : { PGSSLROOTCERT: tls.ca }),
    ...(tls.cert === undefined ? {} : { PGSSLCERT: tls.cert }),
    ...(tls.key === undefined ? {} : { PGSSLKEY: tls.key }),
  };
}
