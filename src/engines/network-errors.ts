import type { ErrorKind } from "./engine.ts";

/** Codes of Node's sockets and TLS, which mean the same whatever the driver above them. */
export const networkErrors: Readonly<Record<string, ErrorKind>> = {
  ECONNREFUSED: "unreachable",
  ENOTFOUND: "unreachable",
  EAI_AGAIN: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  ETIMEDOUT: "unreachable",
  ENOENT: "unreachable",
  EACCES: "unreachable",
  ECONNRESET: "connection-lost",
  EPIPE: "connection-lost",
};
