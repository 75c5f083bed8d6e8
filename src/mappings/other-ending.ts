import { extname } from "node:path";
import { GodwitError } from "../core/error.ts";
import type { MappingsFormat } from "./locate.ts";

/** The format that a name's ending tells; null where it tells none. */
export function formatOf(name: string | undefined): MappingsFormat | null {
  const ending = extname(name ?? "").toLowerCase();
  if (ending === ".json") return "json";
  return ending === ".msgpack" || ending === ".mpk" ? "msgpack" : null;
}

/** In words, that a file will hold another format than its name tells; null where it does not. */
export function otherEnding(file: string, to: MappingsFormat): string | null {
  const told = formatOf(file);
  if (told === null || told === to) return null;
  return `${file} is to hold ${formatNames[to]}, and its name says ${formatNames[told]}`;
}

/** Throws GW2617. */
export function refuseOtherEnding(file: string, to: MappingsFormat): void {
  const message = otherEnding(file, to);
  if (message !== null) throw new GodwitError("GW2617", { message, details: { file, format: to } });
}

const formatNames: Readonly<Record<MappingsFormat, string>> = { json: "JSON", msgpack: "MessagePack" };
