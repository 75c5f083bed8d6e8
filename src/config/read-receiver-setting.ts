import { isIP } from "node:net";
import { resolve } from "node:path";
import { GodwitError } from "../core/error.ts";
import {
  type NotifyKind,
  notifyKinds,
  type NotifyTarget,
  type ReceiverSettings,
} from "../core/receiver-settings.ts";
import { registerSecret } from "../core/secret.ts";
import { parseDuration } from "./duration.ts";
import { type ReceiverKey, receiverSettings } from "./receiver-settings.ts";
import type { ReadingPlace } from "./settings.ts";

export type ReceiverValues = Readonly<Record<ReceiverKey, unknown>>;

/** Turns a setting as it was written into what the program uses, or throws `place.code`. Secrets are registered. */
export function readReceiverSetting(value: unknown, place: ReadingPlace, key: ReceiverKey): unknown {
  const { what, code, folder } = place;
  const refuse = () =>
    // Without the value itself: it may hold a secret.
    new GodwitError(code, {
      message: `${what}: expected ${receiverSettings[key].expects}.`,
      details: { key },
    });
  switch (key) {
    case "log.file":
    case "metrics.file":
      if (value === null) return null;
      if (typeof value === "string" && value !== "" && !value.includes("\0")) return resolve(folder, value);
      throw refuse();
    case "metrics.interval": {
      const ms = parseDuration(value, { what, code });
      if (ms >= 100) return ms;
      throw refuse();
    }
    case "metrics.listen": {
      const address = value === null ? null : addressOf(value);
      if (address !== undefined) return address;
      throw refuse();
    }
    case "metrics.remote":
      if (typeof value === "boolean") return value;
      throw refuse();
    case "otel.endpoint":
      if (value === null) return null;
      if (typeof value === "string" && httpUrl(value) !== null) return value;
      throw refuse();
    case "otel.headers":
      if (!isHeaders(value)) throw refuse();
      for (const secret of Object.values(value ?? {})) registerSecret(secret);
      return value ?? {};
    case "notify": {
      const targets = Array.isArray(value) ? value.map(targetOf) : [null];
      if (targets.every((target) => target !== null)) return targets;
      throw refuse();
    }
  }
}

/** What the events are told to, of the values that `readReceiverSetting` gave. Throws GW1004. */
export function toReceiverSettings(values: ReceiverValues): ReceiverSettings {
  const listen = values["metrics.listen"] as ReceiverSettings["metrics"]["listen"];
  if (listen !== null && !isThisMachine(listen.host) && values["metrics.remote"] !== true) {
    throw new GodwitError("GW1004", {
      message: "metrics.listen is an address that other machines reach.",
      hint: "Use 127.0.0.1, or set metrics.remote: true.",
      details: { key: "metrics.listen" },
    });
  }
  return {
    logFile: values["log.file"] as string | null,
    metrics: {
      file: values["metrics.file"] as string | null,
      intervalMs: values["metrics.interval"] as number,
      listen,
    },
    traces: {
      endpoint: values["otel.endpoint"] as string | null,
      headers: values["otel.headers"] as Readonly<Record<string, string>>,
    },
    notify: values.notify as readonly NotifyTarget[],
  };
}

/** Undefined where it is none. */
function addressOf(value: unknown): { host: string; port: number } | undefined {
  const [, host = "127.0.0.1", digits = ""] =
    /^(?:(\[[0-9a-fA-F:.]+\]|[\w.-]+):)?(\d{1,5})$/.exec(String(value)) ?? [];
  const port = Number(digits);
  if (digits === "" || port < 1 || port > 65_535) return undefined;
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port };
}

function isThisMachine(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  return bare === "localhost" || bare === "::1" || (isIP(bare) === 4 && bare.startsWith("127."));
}

function httpUrl(text: string): URL | null {
  const url = URL.parse(text);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") ? url : null;
}

function isHeaders(value: unknown): value is Readonly<Record<string, string>> | null {
  if (value === null) return true;
  if (typeof value !== "object" || Array.isArray(value)) return false;
  // Nothing that would end the header and begin another one.
  return Object.entries(value).every(
    ([name, text]) =>
      /^[\w!#$%&'*+.^`|~-]+$/.test(name) && typeof text === "string" && !/[\r\n\0]/.test(text),
  );
}

function targetOf(value: unknown): NotifyTarget | null {
  const {
    webhook,
    slack,
    secret = null,
    on = notifyKinds,
    insecure = false,
  } = (value ?? {}) as Record<string, unknown>;
  const address = webhook ?? slack;
  const url = typeof address === "string" ? httpUrl(address) : null;
  if (url === null || (webhook === undefined) === (slack === undefined)) return null;
  if (url.protocol === "http:" && insecure !== true && !isThisMachine(url.hostname)) return null;
  if (secret !== null && (typeof secret !== "string" || secret === "")) return null;
  const kinds = Array.isArray(on) ? notifyKinds.filter((kind) => on.includes(kind)) : [];
  if (!Array.isArray(on) || !on.every((kind) => notifyKinds.includes(kind as NotifyKind))) return null;
  if (secret !== null) registerSecret(secret);
  // Who knows such an address can post to it. What looks like a word of any other path is no secret.
  const parts = [...url.pathname.split("/"), ...url.searchParams.values()];
  const isSecret = (part: string) => part.length >= 16 || (part.length >= 8 && /\d/.test(part));
  for (const part of [url.href, url.password, ...parts.filter(isSecret)]) registerSecret(part);
  return { form: webhook === undefined ? "slack" : "webhook", url: url.href, secret, on: kinds };
}
