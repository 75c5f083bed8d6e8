import { userInfo } from "node:os";
import { registerSecret } from "../core/secret.ts";
import type { Target } from "../core/target.ts";
import { parseSqliteUrl } from "./sqlite-url.ts";
import { type Address, readAddress } from "./url-address.ts";
import { urlDialects, type UrlDialect } from "./url-dialects.ts";
import { readUrlParameters, targetParameters } from "./url-parameters.ts";
import { checkUrlCharacters, decodePart, encodePart, encodingHint, urlError } from "./url-text.ts";
import { tlsOf } from "./url-tls.ts";

/**
 * Parses and checks a connection URL, and registers its password as a secret. Strict on purpose: what is unknown,
 * ambiguous or would be ignored is refused, since a URL that is read differently than it was meant reaches
 * another database. Throws GW1003, never with text of the password.
 *
 * `folder` is what relative paths (SQLite files, certificates) are relative to.
 */
export function parseConnectionUrl(url: string, folder: string = process.cwd()): Target {
  registerUrlPassword(url);
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(url)?.[1] ?? "";
  if (scheme === "sqlite") {
    checkUrlCharacters(url);
    return parseSqliteUrl(url, folder);
  }
  const dialect = urlDialects.get(scheme);
  if (dialect === undefined || !url.startsWith(`${scheme}://`)) throw schemeError(scheme);
  checkUrlCharacters(url);
  return parseServerUrl(url.slice(scheme.length + 3), { scheme, dialect, folder });
}

/**
 * Registers what can be the password of a URL, even of a broken one: the text between the first colon and the
 * last @, and parameters named like secrets. A value that also stands elsewhere in the URL (the user's name,
 * "postgres") is left out: it is no secret, and to blank it everywhere would make messages unreadable.
 */
export function registerUrlPassword(url: string): void {
  const match = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^:]*:(.*)@/s.exec(url);
  const written = match?.[1] ?? "";
  const rest = url.replace(`:${written}@`, () => "@");
  if (written !== "") registerUnlessPublic(written, rest);
  for (const parameter of url.matchAll(/[?&][^=&]*(?:pass|pwd|secret|token)[^=&]*=([^&]+)/gi)) {
    registerUnlessPublic(parameter[1] ?? "", "");
  }
}

function registerUnlessPublic(written: string, rest: string): void {
  for (const value of [written, leniently(written)]) {
    if (!rest.toLowerCase().includes(value.toLowerCase())) registerSecret(value);
  }
}

function leniently(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const notYet: ReadonlySet<string> = new Set(["mongodb", "mongodb+srv", "sqlserver"]);

function schemeError(scheme: string): Error {
  const lower = scheme.toLowerCase();
  if (notYet.has(lower)) return urlError(`Databases of the scheme ${lower} are not supported yet.`);
  if (lower !== scheme && (urlDialects.has(lower) || lower === "sqlite")) {
    return urlError(`The scheme of the connection URL is to be written in lower case, as ${lower}.`);
  }
  if (urlDialects.has(scheme)) return urlError(`The connection URL does not begin with ${scheme}://.`);
  if (lower === "file") return urlError("A file: URL is no connection URL.", "Write it as sqlite:path.");
  return urlError("The connection URL does not begin with a scheme that Godwit knows.");
}

interface Context {
  readonly scheme: string;
  readonly dialect: UrlDialect;
  readonly folder: string;
}

function parseServerUrl(rest: string, { scheme, dialect, folder }: Context): Target {
  const { userinfo, hostAndPort, path, query } = splitUrl(rest);
  const [userText, passwordText] = splitOnce(userinfo ?? "", ":");
  const password = decodePart(passwordText ?? "", "password");
  const user = decodePart(userText, "user name") || defaultUser(dialect);
  const database = decodePart(path, "database name") || (dialect.defaultsToUser ? user : "");
  if (database === "") throw urlError("The connection URL names no database.");
  const found = readUrlParameters(query, dialect);
  const address = readAddress(hostAndPort, found, dialect);
  const tls = tlsOf(found, dialect, { host: address.host, folder });
  const parameters = Object.freeze(targetParameters(found));
  const display = displayOf({ scheme, dialect, user, address, database, tls: found.get("tlsMode") });
  const target = { engine: dialect.engine, scheme, user, password, ...address, database };
  return Object.freeze({ ...target, tls, parameters, display });
}

/**
 * `user:password@host:port/database?parameters`. Every @ but the one that ends the password is refused, wherever
 * it stands: in `user:1/x@host` the host would be "user" and the rest of the password a database name in messages.
 */
function splitUrl(rest: string): { userinfo?: string; hostAndPort: string; path: string; query: string } {
  const [beforeQuery, query = ""] = splitOnce(rest, "?");
  const [authority, path = ""] = splitOnce(beforeQuery, "/");
  const at = authority.indexOf("@");
  if (rest.lastIndexOf("@") !== at) {
    throw urlError("The connection URL has more than one @, or one in the wrong place.", encodingHint);
  }
  if (/[&]/.test(beforeQuery) || query.includes("?")) {
    throw urlError("The connection URL has a & or ? in the wrong place.", encodingHint);
  }
  if (path.includes("/")) {
    throw urlError("The connection URL has a path of more than one part.", "Write a / of the name as %2F.");
  }
  if (at === -1) return { hostAndPort: authority, path, query };
  return { userinfo: authority.slice(0, at), hostAndPort: authority.slice(at + 1), path, query };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function defaultUser(dialect: UrlDialect): string {
  const missing = "The connection URL names no user.";
  if (!dialect.defaultsToUser) throw urlError(missing);
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    throw urlError(missing);
  }
}

/** For messages: enough to know where it points, encoded again so that no name can forge or garble a line. */
function displayOf(parts: {
  readonly scheme: string;
  readonly dialect: UrlDialect;
  readonly user: string;
  readonly address: Address;
  readonly database: string;
  readonly tls: string | undefined;
}): string {
  const { host, port } = parts.address;
  const socket = host.startsWith("/");
  const portText = port === parts.dialect.defaultPort ? "" : `:${port}`;
  const authority = (socket ? "" : host.includes(":") ? `[${host.replace("%", "%25")}]` : host) + portText;
  const query = [
    socket
      ? `${parts.dialect.socketIsFolder ? "host" : "socket"}=${encodePart(host).replaceAll("%2F", "/")}`
      : "",
    parts.tls === undefined ? "" : `sslmode=${encodePart(parts.tls)}`,
  ].filter((text) => text !== "");
  const start = `${parts.scheme}://${encodePart(parts.user)}@${authority}/${encodePart(parts.database)}`;
  return query.length === 0 ? start : `${start}?${query.join("&")}`;
}
