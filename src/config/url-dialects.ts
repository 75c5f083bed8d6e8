import type { EngineId, TlsOptions } from "../core/target.ts";

/** What a server's connection URLs may say. One record for each kind, so that the parser compares no engine's name. */
export interface UrlDialect {
  readonly engine: EngineId;
  readonly defaultPort: number;
  /** Take the operating system's user, and the user's name as database, as the server's own client does. */
  readonly defaultsToUser: boolean;
  /** The socket option is a folder and also a host name (libpq), or the path of the socket itself. */
  readonly socketIsFolder: boolean;
  readonly tlsOverSockets: boolean;
  readonly parameters: Readonly<Record<string, ParameterRole>>;
  /** Known elsewhere and refused here, with the reason. */
  readonly refused: Readonly<Record<string, string>>;
  readonly tlsModes: Readonly<Record<string, TlsOptions["mode"] | { readonly refused: string }>>;
}

export type ParameterRole =
  | "tlsMode"
  | "tlsCa"
  | "tlsCert"
  | "tlsKey"
  | "host"
  | "port"
  | "connectTimeout"
  | "settings"
  | "charset";

const silentFallback = {
  refused:
    "it falls back to an unencrypted or unverified connection without a word; use require, verify-ca or verify-full",
};

const modes: UrlDialect["tlsModes"] = {
  disable: "disable",
  require: "require",
  "verify-ca": "verify-ca",
  "verify-full": "verify-full",
  allow: silentFallback,
  prefer: silentFallback,
};

const inAuthority = "it belongs before the host, as //user:password@host";
const setByGodwit = "Godwit sets it to name its sessions";

const postgres: UrlDialect = {
  engine: "postgres",
  defaultPort: 5432,
  defaultsToUser: true,
  socketIsFolder: true,
  tlsOverSockets: false,
  parameters: {
    sslmode: "tlsMode",
    sslrootcert: "tlsCa",
    sslcert: "tlsCert",
    sslkey: "tlsKey",
    host: "host",
    port: "port",
    connect_timeout: "connectTimeout",
    options: "settings",
  },
  refused: {
    application_name: setByGodwit,
    fallback_application_name: setByGodwit,
    user: inAuthority,
    password: inAuthority,
    sslpassword: "encrypted client keys are not supported",
    dbname: "the database is the path, as /name",
    ssl: "use sslmode=require or sslmode=verify-full",
    schema: "use options=-c%20search_path%3Dname",
    search_path: "use options=-c%20search_path%3Dname",
    target_session_attrs: "one server is named, and it must be the primary",
    load_balance_hosts: "one server is named, and it must be the primary",
    channel_binding: "it is not supported; the server's certificate is verified instead",
    client_encoding: "it is always UTF8",
    pgbouncer: "connect to the server itself, or to a pool in session mode",
  },
  tlsModes: modes,
};

const mysql: UrlDialect = {
  engine: "mysql",
  defaultPort: 3306,
  defaultsToUser: false,
  socketIsFolder: false,
  tlsOverSockets: true,
  parameters: {
    "ssl-mode": "tlsMode",
    sslmode: "tlsMode",
    "ssl-ca": "tlsCa",
    "ssl-cert": "tlsCert",
    "ssl-key": "tlsKey",
    socket: "host",
    connect_timeout: "connectTimeout",
    charset: "charset",
  },
  refused: {
    user: inAuthority,
    password: inAuthority,
    database: "the database is the path, as /name",
    ssl: "use ssl-mode=REQUIRED or ssl-mode=VERIFY_IDENTITY",
    usessl: "use ssl-mode=REQUIRED or ssl-mode=VERIFY_IDENTITY",
    timezone: "sessions are always in UTC",
    multistatements: "Godwit sends one statement at a time",
  },
  tlsModes: {
    ...modes,
    disabled: "disable",
    required: "require",
    verify_ca: "verify-ca",
    verify_identity: "verify-full",
    preferred: silentFallback,
  },
};

/** By scheme. */
export const urlDialects: ReadonlyMap<string, UrlDialect> = new Map([
  ["postgresql", postgres],
  ["postgres", postgres],
  ["mysql", mysql],
  ["mariadb", mysql],
]);
