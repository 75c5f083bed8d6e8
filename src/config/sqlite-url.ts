import { resolve } from "node:path";
import type { Target } from "../core/target.ts";
import { decodePart, urlError } from "./url-text.ts";

const forms = "Write it as sqlite:file.db, sqlite:///absolute/file.db or sqlite::memory:.";

/** `sqlite:path`, `sqlite:///absolute/path` or `sqlite::memory:`; relative paths are resolved against `folder`. */
export function parseSqliteUrl(url: string, folder: string): Target {
  const isReadOnly = url.endsWith("?mode=ro");
  const rest = url.slice("sqlite:".length, isReadOnly ? -"?mode=ro".length : undefined);
  if (/[?&]/.test(rest)) {
    throw urlError(
      "A sqlite: URL takes no parameter but mode=ro.",
      "Write ? as %3F and & as %26 where a file name holds them.",
    );
  }
  const path = readPath(rest);
  return Object.freeze({
    engine: "sqlite",
    scheme: "sqlite",
    user: "",
    password: "",
    host: "",
    port: 0,
    database: path === ":memory:" ? path : resolve(folder, path),
    tls: Object.freeze({ mode: "disable" }),
    parameters: Object.freeze(isReadOnly ? { mode: "ro" } : {}),
    display: url,
  });
}

function readPath(rest: string): string {
  if (rest.startsWith("//") && !rest.startsWith("///")) {
    throw urlError("A sqlite: URL has no host.", forms);
  }
  const path = decodePart(rest.startsWith("///") ? rest.slice(2) : rest, "path");
  if (path === ":memory:") return path;
  if (path === "" || path.endsWith("/")) throw urlError("The sqlite: URL names no file.", forms);
  // ":memry:" would otherwise become a file of that name, and "file:x?mode=memory" something SQLite interprets.
  if (path.startsWith(":")) throw urlError("The path of the sqlite: URL begins with a colon.", forms);
  if (/^file:/i.test(path)) throw urlError("A sqlite: URL takes a path, not a file: URI.", forms);
  if (path.startsWith("~"))
    throw urlError("The ~ in the sqlite: URL is not expanded.", "Write the whole path.");
  return path;
}
