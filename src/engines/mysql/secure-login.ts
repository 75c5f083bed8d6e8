import { readFile } from "node:fs/promises";
import { isIP, connect as connectSocket, type Socket } from "node:net";
import type { AuthPlugin, SslOptions } from "mysql2";
import { GodwitError } from "../../core/error.ts";
import type { Target } from "../../core/target.ts";

/** What the driver needs to keep the password from anybody but the server. */
export interface SecureLogin {
  readonly ssl?: SslOptions;
  readonly stream?: () => Socket;
  readonly enableCleartextPlugin: boolean;
  readonly authPlugins?: Record<string, AuthPlugin>;
}

/** Throws GW3003 when a certificate file cannot be read. */
export async function secureLogin(target: Target): Promise<SecureLogin> {
  const { mode } = target.tls;
  if (mode === "disable") {
    // On this machine nobody stands between; elsewhere a false server could hand out its own key.
    if (isLocal(target.host)) return { enableCleartextPlugin: false };
    return {
      enableCleartextPlugin: false,
      authPlugins: { caching_sha2_password: cachedSha2Only, sha256_password: refuseKeyFetch },
    };
  }
  const [ca, cert, key] = await Promise.all([pem(target.tls.ca), pem(target.tls.cert), pem(target.tls.key)]);
  const address = mode === "verify-full" && isIP(target.host) !== 0;
  return {
    ssl: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      minVersion: "TLSv1.2",
      rejectUnauthorized: mode !== "require",
      verifyIdentity: mode === "verify-full",
    },
    // Without a verified certificate, "encrypted" says nothing about who reads the password.
    enableCleartextPlugin: mode !== "require",
    ...(address ? { stream: () => namedSocket(target) } : {}),
  };
}

function isLocal(host: string): boolean {
  return host.startsWith("/") || host === "localhost" || host === "::1" || host.startsWith("127.");
}

async function pem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw new GodwitError("GW3003", {
      message: `the TLS file ${path} cannot be read: ${(error as Error).message}`,
      cause: error,
    });
  }
}

/**
 * The driver passes no server name to TLS when the host is an address, and Node then compares the certificate
 * with the socket's host name, or with "localhost" when there is none. So the socket is given the address.
 */
function namedSocket(target: Target): Socket {
  const socket = connectSocket({ host: target.host, port: target.port, noDelay: true, keepAlive: true });
  return Object.assign(socket, { _host: target.host });
}

const fullLogin = 4;
const fastLogin = 3;

/**
 * caching_sha2_password without its RSA exchange: only the salted hash goes out. A server that has not cached
 * the user asks for the full login, for which the password would be encrypted with a key that anybody could
 * have sent.
 */
const cachedSha2Only: AuthPlugin = ({ connection }) => {
  let token: Promise<AuthStep> | null = null;
  return async (data: Buffer) => {
    if (token !== null && data[0] === fastLogin) return null as unknown as Buffer;
    if (token !== null && data[0] === fullLogin) throw refusal("caching_sha2_password");
    token ??= import("mysql2").then(({ default: driver }) => {
      const plugin = driver.authPlugins.caching_sha2_password({ overrideIsSecure: false });
      return plugin({ connection, command: "" }) as unknown as AuthStep;
    });
    return (await token)(data);
  };
};

type AuthStep = (data: Buffer) => Promise<Buffer> | Buffer;

const refuseKeyFetch: AuthPlugin = () => () => {
  throw refusal("sha256_password");
};

function refusal(plugin: string): Error {
  return new Error(
    `${plugin} would have to send the password with a key taken from the unencrypted connection; use TLS (sslmode=verify-full)`,
  );
}
