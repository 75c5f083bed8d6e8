import { isIPv6 } from "node:net";
import { posix } from "node:path";
import type { ParameterRole, UrlDialect } from "./url-dialects.ts";
import { decodePart, encodingHint, urlError } from "./url-text.ts";

/** Where a URL points: a host or the absolute path of a Unix socket (its folder, where the dialect says so). */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port` of the authority together with the host and port parameters. Throws GW1003. */
export function readAddress(
  hostAndPort: string,
  found: ReadonlyMap<ParameterRole, string>,
  dialect: UrlDialect,
): Address {
  const [hostText, portText] = splitPort(hostAndPort);
  const named = readHost(hostText);
  const parameter = found.get("host");
  if (parameter !== undefined && named !== "" && !(named === "localhost" && !dialect.socketIsFolder)) {
    throw urlError("The connection URL names two hosts, one before the path and one in its parameters.");
  }
  const fromParameter = parameter === undefined ? undefined : readHostParameter(parameter, dialect);
  if (named.startsWith("/") && !dialect.socketIsFolder) {
    throw urlError(
      "The connection URL has a Unix socket as its host.",
      "Write it as ?socket=/path/of/the.sock.",
    );
  }
  const portParameter = found.get("port");
  if (portText !== undefined && portParameter !== undefined) {
    throw urlError("The connection URL names two ports.");
  }
  return {
    host: fromParameter ?? (named === "" ? "localhost" : named),
    port: readPort(portText ?? portParameter, dialect.defaultPort),
  };
}

function splitPort(text: string): [host: string, port: string | undefined] {
  if (text.includes(",")) throw severalHosts();
  const bracketed = /^(\[[^\]]*\])(?::(.*))?$/.exec(text);
  if (bracketed !== null) return [bracketed[1] ?? "", bracketed[2]];
  const [host = "", port, ...more] = text.split(":");
  if (more.length > 0 || /[[\]]/.test(text)) {
    throw urlError(
      "The host of the connection URL is malformed; IPv6 addresses stand in brackets.",
      encodingHint,
    );
  }
  return [host, port];
}

/** A name, an IPv4 address, an IPv6 address in brackets, or an encoded absolute path; "" where there is none. */
function readHost(text: string): string {
  const host = decodePart(text, "host");
  if (text.startsWith("[")) {
    const address = host.slice(1, -1);
    if (isIPv6(address)) return address;
    throw urlError("The brackets of the connection URL hold no IPv6 address.");
  }
  if (host === "") return host;
  return host.startsWith("/") ? socketPath(host) : hostName(host);
}

function readHostParameter(value: string, dialect: UrlDialect): string {
  if (dialect.socketIsFolder && value.includes(",")) throw severalHosts();
  if (value.startsWith("/")) return socketPath(value);
  if (!dialect.socketIsFolder) throw urlError("The socket in the connection URL is not an absolute path.");
  return isIPv6(value) ? value : hostName(value);
}

function hostName(name: string): string {
  if (/^[a-zA-Z0-9_]([a-zA-Z0-9_.-]{0,252}[a-zA-Z0-9_.])?$/.test(name) && !name.includes("..")) {
    return name.toLowerCase();
  }
  throw urlError("The host of the connection URL is no host name or address.", encodingHint);
}

function severalHosts(): Error {
  return urlError(
    "The connection URL names several hosts.",
    "Name one server, the primary: a run and its lock live on one server.",
  );
}

function socketPath(path: string): string {
  // sun_path holds 108 bytes on Linux; longer ones fail there with a message that names no cause.
  if (Buffer.byteLength(path) <= 107) return posix.normalize(path).replace(/(?<=.)\/$/, "");
  throw urlError("The Unix socket of the connection URL has a path of more than 107 bytes.");
}

function readPort(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  // The text is not shown: it may be what follows a colon in a password that was not encoded.
  if (!/^[1-9]\d{0,4}$/.test(text) || Number(text) > 65_535) {
    throw urlError("The port of the connection URL is not a number from 1 to 65535.", encodingHint);
  }
  return Number(text);
}
