import { closeSync, openSync, writeSync } from "node:fs";

export const mappingCount = 1_000_000;

const verbs = ["get", "set", "parse", "render", "load", "resolve", "emit"];
const nouns = ["User", "Session", "Token", "Message", "Buffer", "Context", "Editor"];

/** A database of the HOHO tool in JSON, some 135 MB: the same file each time. */
export function writeMappingData(path: string): void {
  const file = openSync(path, "w");
  let text = '{\n"Mappings": {';
  for (let index = 0; index < mappingCount; index++) {
    const original = `${index.toString(36)}$${index % 7}`;
    const mapped = `${verbs[index % 7]}${nouns[(index >> 3) % 7]}${index}`;
    const two = (value: number) => String(value).padStart(2, "0");
    const time = `${two(index % 24)}:${two(index % 60)}:${two((index * 7) % 60)}.${String((index * 7919) % 10_000_000).padStart(7, "0")}`;
    const date = `2025-${two((index % 12) + 1)}-${two((index % 28) + 1)}T${time}Z`;
    text += `${index === 0 ? "" : ","}\n  "${original}": {"Original": "${original}", "Mapped": "${mapped}", "Type": ${index % 6}, "LastUpdated": "${date}"}`;
    if (text.length < 1e6) continue;
    writeSync(file, text);
    text = "";
  }
  writeSync(file, `${text}\n},\n"Patterns": []\n}\n`);
  closeSync(file);
}
