import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { GodwitError } from "../core/error.ts";
import { registerSecret } from "../core/secret.ts";

const keyBytes = 32;
const mostBytes = 1_024;

/**
 * The key of backups: GODWIT_BACKUP_KEY, or a file that only its owner may read. Null where there is none. Throws GW8204.
 */
export async function readBackupKey(
  env: Readonly<Record<string, string | undefined>>,
  file: string | null,
): Promise<Uint8Array | null> {
  const variable = env["GODWIT_BACKUP_KEY"];
  if (variable !== undefined && variable !== "") return keyOf(variable, "GODWIT_BACKUP_KEY");
  return file === null ? null : keyOf(await textOf(file), file);
}

async function textOf(file: string): Promise<string> {
  let handle;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw refuse(`the key file ${file} could not be read: ${(error as Error).message}`);
  }
  await using opened = handle;
  const stat = await opened.stat();
  if (!stat.isFile()) throw refuse(`the key file ${file} is no file`);
  const others = (stat.mode & 0o077).toString(8);
  if (others !== "0") {
    throw refuse(`the key file ${file} may be used by others than its owner`, `Run: chmod 600 ${file}`);
  }
  const own = process.getuid?.();
  if (own !== undefined && own !== 0 && stat.uid !== own)
    throw refuse(`the key file ${file} belongs to another user`);
  if (stat.size > mostBytes) throw refuse(`the key file ${file} has ${stat.size} bytes: that is no key`);
  return opened.readFile("utf8");
}

function keyOf(text: string, where: string): Uint8Array {
  const trimmed = text.trim();
  registerSecret(trimmed);
  const key = /^[0-9a-f]{64}$/i.test(trimmed)
    ? Buffer.from(trimmed, "hex")
    : /^[A-Za-z0-9+/_-]{43}=?$/.test(trimmed)
      ? Buffer.from(trimmed, "base64")
      : Buffer.alloc(0);
  if (key.length !== keyBytes) {
    throw refuse(
      `${where} holds no key: 64 hexadecimal digits are expected, or base64 of 32 bytes`,
      "`openssl rand -hex 32` makes one.",
    );
  }
  return key;
}

function refuse(message: string, hint?: string): GodwitError {
  return new GodwitError("GW8204", { message, ...(hint === undefined ? {} : { hint }) });
}
