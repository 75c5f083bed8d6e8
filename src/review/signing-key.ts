import { spawn } from "node:child_process";
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { stat } from "node:fs/promises";
import { readBoundedFile } from "../config/bounded-file.ts";
import { keyKind, openSshKey, readPublicKey, sshReader } from "../core/ssh-key.ts";
import { signatureNamespace, signText } from "../core/ssh-signature.ts";
import { GodwitError } from "../core/error.ts";

/** A key that signs approvals. */
export interface SigningKey {
  /** As OpenSSH writes it. */
  readonly publicKey: string;
  sign(text: string): Promise<string>;
}

const maxKeyBytes = 64 * 1024;

/**
 * An Ed25519 key of a file. A key without a passphrase, in OpenSSH's format or as PEM, signs here; for one behind a
 * passphrase, and for a public key whose other half an agent has, ssh-keygen signs and asks. Throws GW1006, GW8108.
 */
export async function openSigningKey(path: string): Promise<SigningKey> {
  const read = await readBoundedFile(path, maxKeyBytes);
  if ("problem" in read) {
    throw new GodwitError("GW1006", {
      message: `the key ${path} is ${read.problem}`,
      details: { file: path },
    });
  }
  const { text } = read;
  const publicKey = readPublicKey(text);
  if (publicKey !== null) return byProgram(path, publicKey);
  await refuseShared(path);
  if (text.includes("-----BEGIN OPENSSH PRIVATE KEY-----")) return openSshPrivate(path, text);
  return pemPrivate(path, text);
}

function pemPrivate(path: string, text: string): SigningKey {
  if (text.includes("BEGIN ENCRYPTED PRIVATE KEY")) {
    throw unusable(
      path,
      "is PEM behind a passphrase: convert it to OpenSSH's format, for which ssh-keygen asks",
    );
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(text);
  } catch {
    throw unusable(path, "is no private key in OpenSSH's format or as PEM, and no public key");
  }
  if (key.asymmetricKeyType !== "ed25519")
    throw unusable(path, `is a key of the kind ${key.asymmetricKeyType}`);
  return byCrypto(key);
}

/** OpenSSH's own format (PROTOCOL.key). The public half stands before what a passphrase hides. */
function openSshPrivate(path: string, text: string): SigningKey {
  const base64 = text.replaceAll(/-----[A-Z ]+-----/g, "");
  try {
    const bytes = Buffer.from(base64, "base64");
    const magic = "openssh-key-v1\0";
    if (bytes.subarray(0, magic.length).toString("latin1") !== magic)
      throw new Error("it does not begin as one");
    const reader = sshReader(bytes.subarray(magic.length));
    const cipher = reader.string().toString();
    reader.string(); // how the passphrase becomes a key, and with what
    reader.string();
    if (reader.uint32() !== 1) throw new Error("it holds several keys");
    const blob = reader.string();
    const kind = sshReader(blob).string().toString();
    if (kind !== keyKind) throw unusable(path, `is a key of the kind ${kind}`);
    if (cipher !== "none") return byProgram(path, `${keyKind} ${blob.toString("base64")}`);
    const hidden = sshReader(reader.string());
    if (hidden.uint32() !== hidden.uint32()) throw new Error("it is damaged");
    hidden.string(); // the kind again
    const x = hidden.string();
    const seedAndKey = hidden.string();
    const jwk = {
      kty: "OKP",
      crv: "Ed25519",
      x: x.toString("base64url"),
      d: seedAndKey.subarray(0, 32).toString("base64url"),
    };
    return byCrypto(createPrivateKey({ key: jwk, format: "jwk" }));
  } catch (error) {
    if (error instanceof GodwitError) throw error;
    throw unusable(path, `cannot be read: ${(error as Error).message}`);
  }
}

function byCrypto(key: KeyObject): SigningKey {
  const publicKey = openSshKey(createPublicKey(key));
  return { publicKey, sign: async (text) => signText(text, key, publicKey) };
}

/** ssh-keygen asks for the passphrase on the terminal, or lets the agent sign. */
function byProgram(path: string, publicKey: string): SigningKey {
  return { publicKey, sign: (text) => runSshKeygen(path, text) };
}

/** A person types the passphrase within this time. */
const signingMs = 5 * 60_000;

async function runSshKeygen(path: string, text: string): Promise<string> {
  const child = spawn("ssh-keygen", ["-Y", "sign", "-n", signatureNamespace, "-f", path], {
    stdio: ["pipe", "pipe", "pipe"],
    timeout: signingMs,
  });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (part: string) => (out += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (err += part));
  const { promise, resolve, reject } = Promise.withResolvers<number | null>();
  child.on("error", reject);
  child.on("close", resolve);
  // It may end before it has read its input.
  child.stdin.on("error", () => {}).end(text);
  const code = await promise.catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "ssh-keygen is not installed" : error.message;
    throw unusable(path, `needs ssh-keygen to sign, and ${why}`);
  });
  if (code === 0 && out.includes("BEGIN SSH SIGNATURE")) return out;
  const said = err.trim().split("\n").at(-1) ?? "";
  throw unusable(path, `did not sign: ssh-keygen says: ${said === "" ? `exit ${String(code)}` : said}`);
}

/** As ssh does: a key that others can read is nobody's signature. */
async function refuseShared(path: string): Promise<void> {
  const { mode } = await stat(path);
  if (process.platform === "win32" || (mode & 0o077) === 0) return;
  throw unusable(path, `can be read by other users (mode ${(mode & 0o777).toString(8)}): chmod 600 ${path}`);
}

function unusable(path: string, why: string): GodwitError {
  return new GodwitError("GW8108", { message: `the key ${path} ${why}`, details: { file: path } });
}
