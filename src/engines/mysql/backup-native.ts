import { GodwitError } from "../../core/error.ts";
import type { Target } from "../../core/target.ts";
import { ledgerTables } from "../engine.ts";
import type { Session } from "../engine.ts";
import type { NativeRole } from "../backup-role.ts";
import { type ClientProgram, findProgram, programOutput } from "../client-program.ts";
import { binlogPosition } from "./binlog-position.ts";
import { connect, socketFile } from "./connect.ts";
import { dataSession } from "./data-session.ts";
import { errors } from "./errors.ts";
import { dumpStatements } from "./dump-statements.ts";
import { withoutOwner } from "./inspect-objects.ts";
import { beginOn } from "./snapshot.ts";
import { isMariaDb } from "./server-version.ts";
import { isLedgerTable } from "./store.ts";
import { switchedOff } from "./switched-off.ts";
import { traits } from "./traits.ts";

/** The server's own dump program; its statements are sent by our own driver, for the client that would send them knows a shell. */
export const native: NativeRole = {
  isAtomic: false,
  notHeld: ["users, roles and their rights", "definers: what is restored belongs to who restores it"],
  programs: async (session) => {
    const { version } = await dumpProgram(session);
    return { dump: version };
  },
  dump: async (session, { target, signal }) => {
    const program = await dumpProgram(session);
    const { mariaDb } = await dataSession(session);
    const words = [...(await connectionWords(target, mariaDb)), ...dumpWords(target, mariaDb)];
    const env = target.password === "" ? {} : { MYSQL_PWD: target.password };
    await session.rollback();
    // Nobody writes into this database until both snapshots are there: this session's, whose rows are summed, and the
    // program's.
    const holder = await lockTables(session, target);
    try {
      await beginOn(session);
      const position = await binlogPosition(session);
      const pieces = await begun(programOutput({ path: program.path, words, env, signal }));
      return { pieces, position: position?.text ?? null };
    } finally {
      await holder.close();
    }
  },
  restore: async (session, pieces, { signal }) => {
    try {
      for await (const statement of dumpStatements(pieces)) {
        if (signal.aborted) throw new GodwitError("GW4006", { message: "the restore was stopped" });
        await session.execute(statement.startsWith("INSERT ") ? statement : asOwn(statement));
      }
    } finally {
      // The dump's own settings: modes, checks, time zone.
      await session.reset();
    }
  },
};

/** Whoever restores owns what is made, and events wait until all is compared. */
function asOwn(statement: string): string {
  const owned = withoutOwner(statement).replace(
    /(\/\*!\d+ )DEFINER=(?:`(?:[^`]|``)*`@`(?:[^`]|``)*`) ?/,
    "$1",
  );
  return switchedOff(owned);
}

const [lockAttempts, lockWaitMs] = [5, 2_000];

/**
 * All tables of the database are read-only for the others until the session is closed: for some milliseconds, and each
 * attempt waits no longer for open transactions than their writers can bear. Throws GW8208.
 */
async function lockTables(session: Session, target: Target): Promise<Session> {
  const rows = await session.query(
    `SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()
      AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY BINARY TABLE_NAME`,
  );
  const names = rows.map(({ name }) => String(name)).filter((name) => !isLedgerTable(name));
  const holder = await connect.open(target, {
    tag: "godwit backup lock",
    connectTimeoutMs: 10_000,
    lockTimeoutMs: lockWaitMs,
    statementTimeoutMs: 0,
  });
  const sql = `LOCK TABLES ${names.map((name) => `${traits.quote(name)} READ`).join(", ")}`;
  for (let attempt = 1; names.length > 0; attempt++) {
    try {
      await holder.execute(sql);
      break;
    } catch (error) {
      const { kind, message } = errors.classify(error);
      if (kind === "lock-timeout" && attempt < lockAttempts) continue;
      await holder.close();
      throw new GodwitError("GW8208", {
        message: `the dump and its proof cannot be taken of one state: ${message}`,
        hint: "Grant LOCK TABLES, or try again when no transaction writes for long; or leave --form out: the portable form needs no lock.",
        cause: error,
      });
    }
  }
  return holder;
}

/** Resolves when the program has written something: it has begun its snapshot by then, and may read for hours. */
async function begun(output: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = output[Symbol.asyncIterator]();
  const first = await iterator.next();
  return {
    [Symbol.asyncIterator]: async function* () {
      try {
        if (first.done !== true) yield first.value;
        for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
          yield next.value;
      } finally {
        await iterator.return?.();
      }
    },
  };
}

/** A program of the server's own kind: the two have drifted apart. */
async function dumpProgram(session: Session): Promise<ClientProgram> {
  const [row] = await session.query("SELECT VERSION() AS version");
  const text = String(row?.version);
  const mariaDb = isMariaDb(text);
  const [product, names] = mariaDb ? ["MariaDB", ["mariadb-dump", "mysqldump"]] : ["MySQL", ["mysqldump"]];
  const program = await findProgram(names);
  const isOwn = program !== null && /MariaDB/i.test(program.version) === mariaDb;
  // "mysqldump  Ver 8.0.36 for Linux", "mariadb-dump  Ver 10.19 Distrib 10.11.14-MariaDB, for …"
  const version = /(?:Distrib|Ver|from) (\d+)\.(\d+)/g;
  const [, major = "0", minor = "0"] = [...(program?.version ?? "").matchAll(version)].at(-1) ?? [];
  const [serverMajor = 0, serverMinor = 0] = text.split(/[.-]/).map(Number);
  const isOlder =
    Number(major) < serverMajor || (Number(major) === serverMajor && Number(minor) < serverMinor);
  if (isOwn && !isOlder) return program;
  throw new GodwitError("GW8208", {
    message:
      program === null
        ? `there is no ${names.join(" or ")} on the PATH`
        : !isOwn
          ? `${program.path} is not ${product}'s: ${program.version}`
          : `${program.path} is of version ${major}.${minor}, and the server of ${serverMajor}.${serverMinor}`,
    hint: `Install the client programs of ${product} ${serverMajor}.${serverMinor} or newer (Debian: ${mariaDb ? "mariadb-client" : "mysql-client"}) and put them first on the PATH, or leave --form out.`,
    details: { found: program?.version ?? null, server: text },
  });
}

async function connectionWords({ host, port, user, tls }: Target, mariaDb: boolean): Promise<string[]> {
  const place = host.startsWith("/")
    ? [`--socket=${await socketFile(host)}`]
    : [`--host=${host}`, `--port=${port}`, "--protocol=tcp"];
  const modes = {
    disable: ["--skip-ssl", "--ssl-mode=DISABLED"],
    require: ["--ssl", "--ssl-mode=REQUIRED"],
    "verify-ca": ["--ssl", "--ssl-mode=VERIFY_CA"],
    "verify-full": ["--ssl-verify-server-cert", "--ssl-mode=VERIFY_IDENTITY"],
  } as const;
  return [
    // No file of the user's has a word in this. It must stand first.
    "--no-defaults",
    ...place,
    `--user=${user}`,
    modes[tls.mode][mariaDb ? 0 : 1],
    ...(tls.ca === undefined ? [] : [`--ssl-ca=${tls.ca}`]),
    ...(tls.cert === undefined ? [] : [`--ssl-cert=${tls.cert}`]),
    ...(tls.key === undefined ? [] : [`--ssl-key=${tls.key}`]),
  ];
}

function dumpWords({ database }: Target, mariaDb: boolean): string[] {
  return [
    "--single-transaction",
    "--quick",
    "--skip-lock-tables",
    "--skip-add-locks",
    "--skip-add-drop-table",
    "--skip-comments",
    "--skip-dump-date",
    "--routines",
    "--events",
    "--triggers",
    "--hex-blob",
    "--no-tablespaces",
    "--default-character-set=utf8mb4",
    ...(mariaDb ? [] : ["--set-gtid-purged=OFF", "--column-statistics=0"]),
    ...ledgerTables.map((table) => `--ignore-table=${database}.godwit_${table}`),
    "--",
    database,
  ];
}
