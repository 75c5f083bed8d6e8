import { resolve } from "node:path";
import type { TlsOptions } from "../core/target.ts";
import type { ParameterRole, UrlDialect } from "./url-dialects.ts";
import { urlError } from "./url-text.ts";

/**
 * The TLS rules of a URL. Hosts that are not local are verified (certificate and name) unless the URL says
 * otherwise; local ones and Unix sockets are not encrypted unless asked. There is no mode that falls back.
 */
export function tlsOf(
  found: ReadonlyMap<ParameterRole, string>,
  dialect: UrlDialect,
  address: { readonly host: string; readonly folder: string },
): TlsOptions {
  const files = tlsFiles(found, address.folder);
  const asked = askedMode(found.get("tlsMode"), dialect);
  const hasFiles = Object.keys(files).length > 0;
  const mode = asked ?? (hasFiles || !isLocal(address.host) ? "verify-full" : "disable");
  if (mode === "disable" && hasFiles) {
    throw urlError("The connection URL names TLS files and disables TLS. Remove one of the two.");
  }
  if (mode !== "disable" && address.host.startsWith("/") && !dialect.tlsOverSockets) {
    throw urlError("The connection URL asks for TLS over a Unix socket, which this server does not offer.");
  }
  return Object.freeze({ mode, ...files });
}

/** This machine: localhost, 127.0.0.0/8, ::1 and Unix sockets. A name that merely resolves to it does not count. */
export function isLocal(host: string): boolean {
  return (
    host.startsWith("/") ||
    host.toLowerCase() === "localhost" ||
    host === "::1" ||
    /^127(\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){3}$/.test(host)
  );
}

function askedMode(text: string | undefined, dialect: UrlDialect): TlsOptions["mode"] | undefined {
  if (text === undefined) return undefined;
  const word = text.toLowerCase();
  const mode = Object.hasOwn(dialect.tlsModes, word) ? dialect.tlsModes[word] : undefined;
  if (mode === undefined) {
    throw urlError(
      "The TLS mode in the connection URL is unknown.",
      "Known modes: disable, require, verify-ca, verify-full.",
    );
  }
  if (typeof mode === "string") return mode;
  throw urlError(`The TLS mode ${word} in the connection URL is refused: ${mode.refused}.`);
}

function tlsFiles(found: ReadonlyMap<ParameterRole, string>, folder: string): Omit<TlsOptions, "mode"> {
  const [ca, cert, key] = [found.get("tlsCa"), found.get("tlsCert"), found.get("tlsKey")];
  if ((cert === undefined) !== (key === undefined)) {
    throw urlError("The connection URL names a client certificate or its key, but not both.");
  }
  return {
    ...(ca === undefined ? {} : { ca: resolve(folder, ca) }),
    ...(cert === undefined ? {} : { cert: resolve(folder, cert) }),
    ...(key === undefined ? {} : { key: resolve(folder, key) }),
  };
}
