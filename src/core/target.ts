export type EngineId = "postgres" | "mysql" | "sqlite";

/** A parsed, checked connection URL (config/connection-url.ts). `secret`s never leave it unredacted. */
export interface Target {
  readonly engine: EngineId;
  /** The URL's scheme as written, without the colon. */
  readonly scheme: string;
  readonly user: string;
  readonly password: string;
  /** Host name, address, or absolute folder of a Unix socket; "" for a file. */
  readonly host: string;
  readonly port: number;
  /** Database name, or the file path for SQLite (":memory:" allowed). */
  readonly database: string;
  readonly tls: TlsOptions;
  /** Remaining, checked URL parameters. */
  readonly parameters: Readonly<Record<string, string>>;
  /** For messages: the URL without its password. */
  readonly display: string;
}

export interface TlsOptions {
  readonly mode: "disable" | "require" | "verify-ca" | "verify-full";
  /** PEM file paths. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}
