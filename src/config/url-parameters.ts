import { didYouMean } from "./did-you-mean.ts";
import type { ParameterRole, UrlDialect } from "./url-dialects.ts";
import { decodePart, encodingHint, urlError } from "./url-text.ts";

/** The decoded parameters by what they mean. Unknown, repeated and empty ones are refused. Throws GW1003. */
export function readUrlParameters(query: string, dialect: UrlDialect): Map<ParameterRole, string> {
  const found = new Map<ParameterRole, string>();
  for (const pair of query === "" ? [] : query.split("&")) {
    const equals = pair.indexOf("=");
    if (equals < 1)
      throw urlError("A parameter of the connection URL is not of the form name=value.", encodingHint);
    const name = decodePart(pair.slice(0, equals), "parameters");
    const role = Object.hasOwn(dialect.parameters, name) ? dialect.parameters[name] : undefined;
    if (role === undefined) throw unknownParameter(name, dialect);
    if (found.has(role)) throw urlError(`The parameter ${name} of the connection URL is given twice.`);
    const value = decodePart(pair.slice(equals + 1), `parameter ${name}`);
    if (value === "") throw urlError(`The parameter ${name} of the connection URL is empty.`);
    found.set(role, value);
  }
  return found;
}

function unknownParameter(name: string, dialect: UrlDialect): Error {
  const known = Object.keys(dialect.parameters);
  const hint = `Known parameters: ${known.join(", ")}.`;
  const folded = name.toLowerCase();
  if (Object.hasOwn(dialect.refused, folded)) {
    return urlError(
      `The parameter ${folded} is not taken in a connection URL: ${dialect.refused[folded]}.`,
      hint,
    );
  }
  // Only a plain word is shown: anything else may be a part of a password that was not encoded.
  const shown = /^[a-zA-Z][a-zA-Z_-]{0,39}$/.test(name) ? ` ${name}` : "";
  const suggestion = didYouMean(name, known) || ".";
  return urlError(`The connection URL has an unknown parameter${shown}${suggestion}`, hint);
}

/** The checked `parameters` of a Target, from those that are neither an address nor TLS. */
export function targetParameters(found: ReadonlyMap<ParameterRole, string>): Record<string, string> {
  const parameters: Record<string, string> = {};
  const timeout = found.get("connectTimeout");
  if (timeout !== undefined) {
    if (!/^[1-9]\d{0,2}$/.test(timeout)) {
      throw urlError("connect_timeout in the connection URL is not a whole number of seconds from 1 to 999.");
    }
    parameters.connect_timeout = timeout;
  }
  const settings = found.get("settings");
  if (settings !== undefined) parameters.options = canonicalSettings(settings);
  const charset = found.get("charset");
  if (charset !== undefined && charset.toLowerCase() !== "utf8mb4") {
    throw urlError("charset in the connection URL can only be utf8mb4; others lose characters.");
  }
  return parameters;
}

/** Settings that Godwit sets itself, or that would make a migration mean something else than it says. */
const ownSettings: ReadonlySet<string> = new Set([
  "application_name",
  "backslash_quote",
  "bytea_output",
  "client_connection_check_interval",
  "client_encoding",
  "datestyle",
  "default_transaction_read_only",
  "extra_float_digits",
  "idle_in_transaction_session_timeout",
  "idle_session_timeout",
  "intervalstyle",
  "lock_timeout",
  "session_replication_role",
  "standard_conforming_strings",
  "statement_timeout",
  "timezone",
  "transaction_timeout",
]);

/** `-c name=value` pairs only: other switches of a server process have no business in a URL. */
function canonicalSettings(text: string): string {
  const words = text.trim().split(/\s+/);
  const pairs: string[] = [];
  for (let i = 0; i < words.length; i++) {
    // "-c name=value" or "-cname=value"
    const word = words[i] === "-c" ? `-c${words[++i] ?? ""}` : (words[i] ?? "");
    const match = /^-c([a-zA-Z_][a-zA-Z0-9_.]*)=([^\s\\]+)$/.exec(word);
    if (match?.[1] === undefined) {
      throw urlError(
        "options in the connection URL can only hold pairs of the form -c name=value, without backslashes.",
        "Write it as options=-c%20search_path%3Dname.",
      );
    }
    if (ownSettings.has(match[1].toLowerCase())) {
      throw urlError(
        `options in the connection URL cannot set ${match[1].toLowerCase()}: Godwit sets it itself.`,
      );
    }
    pairs.push(`-c ${match[1]}=${match[2]}`);
  }
  return pairs.join(" ");
}
