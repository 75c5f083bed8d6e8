import { execFileSync } from "node:child_process";
import { parseConnectionUrl } from "../../src/config/connection-url.ts";
import type { PortableType } from "../../src/core/portable.ts";
import type { ReadRequest } from "../../src/engines/data-roles.ts";
import type { Session } from "../../src/engines/engine.ts";
import { connect } from "../../src/engines/postgres/connect.ts";
import { withDatabase } from "../support/servers.ts";

export interface Place {
  readonly url: string;
  readonly open: (database?: string) => Promise<Session>;
  /** What the client program prints: an oracle that shares nothing with the engine. */
  readonly psql: (sql: string) => Buffer;
}

/** A database of its own; sessions are closed after the test. */
export async function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
  await withDatabase("postgres", async (url) => {
    const opened: Session[] = [];
    const open = async (database?: string) => {
      const session = await connect.open(
        { ...parseConnectionUrl(url), ...(database === undefined ? {} : { database }) },
        {
          tag: "godwit test",
          connectTimeoutMs: 5_000,
          lockTimeoutMs: 5_000,
          statementTimeoutMs: 60_000,
        },
      );
      opened.push(session);
      return session;
    };
    const psql = (sql: string) =>
      execFileSync("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", url, "-c", sql], {
        maxBuffer: 1 << 30,
        env: { ...process.env, PGOPTIONS: "-c timezone=UTC -c client_min_messages=warning" },
      });
    try {
      await use({ url, open, psql });
    } finally {
      await Promise.all(opened.map((session) => session.close()));
    }
  });
}

export const text: PortableType = { kind: "text", length: null, fixed: false };
export const integer: PortableType = { kind: "integer", bits: 32, unsigned: false };
export const bytes: PortableType = { kind: "bytes", length: null, fixed: false };
export const table = (name: string) => ({ schema: "public", name });

/** A request for whole columns of a table; the columns are given with their types, or pairs of types. */
export function request(
  name: string,
  columns: Readonly<Record<string, PortableType | readonly [PortableType, PortableType]>>,
  changes: Partial<ReadRequest> = {},
): ReadRequest {
  return {
    table: table(name),
    columns: Object.entries(columns).map(([column, type]) => {
      const [from, to] = "kind" in type ? [type, type] : type;
      return { name: column, value: null, from, to };
    }),
    key: [],
    range: { by: "all" },
    where: null,
    form: { bytesPrefix: "\\\\x" },
    ...changes,
  };
}

export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

export async function* pieces(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === "string" ? Buffer.from(part) : part;
}
