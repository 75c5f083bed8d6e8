import { dirname, resolve } from "node:path";
import { GodwitError } from "../core/error.ts";
import { registerSecret } from "../core/secret.ts";
import { readBoundedFile } from "./bounded-file.ts";
import type { Environment } from "./environment.ts";
import { encodePart } from "./url-text.ts";

export interface InterpolationContext {
  readonly env: Environment;
  /** The file the text comes from: paths of `${file:…}` are relative to its folder. */
  readonly file: string;
  /** How the value is named in messages. */
  readonly what: string;
  /**
   * The text is a connection URL: what replaces a reference in the place of the user or the password is
   * percent-encoded, so that it stays a value, whatever it holds, and cannot name another host.
   */
  readonly url: boolean;
}

const maxSecretBytes = 64 * 1024;
const reference = /\$(\$\{|\{([^}]*)(\}?))/g;

/**
 * Replaces `${NAME}`, `${NAME:-default}` and `${file:/path}` (without its last line end; its text is a secret from
 * then on); `$${` stands for `${`. What was put in is not looked at again, and nothing is executed. Throws GW1005
 * for what is not set or empty, GW1004 for a malformed reference.
 */
export async function interpolate(text: string, context: InterpolationContext): Promise<string> {
  const credentials = context.url ? credentialsOf(text) : null;
  let result = "";
  let position = 0;
  for (const match of text.matchAll(reference)) {
    result += text.slice(position, match.index);
    position = match.index + match[0].length;
    if (match[1] === "${") {
      result += "${";
      continue;
    }
    if (match[3] !== "}") throw malformed(context);
    const value = await valueOf(match[2] ?? "", context);
    const encoded = credentials !== null && match.index >= credentials.start && match.index < credentials.end;
    result += encoded ? encodePart(value) : value;
  }
  return result + text.slice(position);
}

async function valueOf(body: string, context: InterpolationContext): Promise<string> {
  if (body.startsWith("file:")) return secretFile(body.slice(5), context);
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s.exec(body);
  const name = match?.[1];
  if (name === undefined || match?.[2]?.includes("${")) throw malformed(context);
  const value = context.env.get(name)?.value ?? "";
  if (value !== "") return value;
  if (match?.[2] !== undefined) return match[2];
  throw new GodwitError("GW1005", {
    message: `${context.what} refers to the variable ${name}, which is not set or empty.`,
    details: { variable: name },
  });
}

async function secretFile(path: string, context: InterpolationContext): Promise<string> {
  if (path === "" || path.includes("\0")) throw malformed(context);
  const file = resolve(dirname(context.file), path);
  const content = await readBoundedFile(file, maxSecretBytes);
  const problem = "problem" in content ? content.problem : "";
  const text = "text" in content ? content.text.replace(/\r?\n$/, "") : "";
  if (problem !== "" || text === "") {
    throw new GodwitError("GW1005", {
      message: `${context.what} refers to the file ${file}, which is ${problem || "empty"}.`,
      hint: "Give the path of a file with the value in it, which the user who runs Godwit can read.",
      details: { file },
    });
  }
  registerSecret(text);
  return text;
}

/** Where user and password stand: between "//" and the last @ that is not within a reference. */
function credentialsOf(text: string): { start: number; end: number } | null {
  const plain = text.replace(reference, (match) => " ".repeat(match.length));
  const start = plain.indexOf("://") + 3;
  const end = plain.lastIndexOf("@");
  return start >= 3 && end > start ? { start, end } : null;
}

function malformed(context: InterpolationContext): GodwitError {
  return new GodwitError("GW1004", {
    message: `${context.what} holds a malformed \${…}.`,
    hint: "Write ${NAME}, ${NAME:-default} or ${file:/path}; $${ stands for ${ itself. They cannot be nested.",
  });
}
