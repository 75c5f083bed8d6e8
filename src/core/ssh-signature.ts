import { createHash, type KeyObject, sign, verify } from "node:crypto";
import { keyBlob, keyKind, publicKeyObject, sshReader, sshString } from "./ssh-key.ts";

/*
 * Signatures as `ssh-keygen -Y sign` makes them (OpenSSH, PROTOCOL.sshsig), so that keys in an agent or behind a
 * passphrase sign as well, and `ssh-keygen -Y verify` checks what this program signed.
 */

/** Keeps a signature of a plan from being one of something else. */
export const signatureNamespace = "godwit-plan";

const magic = Buffer.from("SSHSIG");
const begin = "-----BEGIN SSH SIGNATURE-----";
const end = "-----END SSH SIGNATURE-----";

/** The armoured signature of a text. */
export function signText(text: string, key: KeyObject, publicKey: string): string {
  const signature = Buffer.concat([sshString(keyKind), sshString(sign(null, signedBytes(text), key))]);
  const version = Buffer.from([0, 0, 0, 1]);
  const parts = [keyBlob(publicKey), signatureNamespace, "", "sha512", signature].map(sshString);
  const base64 = Buffer.concat([magic, version, ...parts]).toString("base64");
  return `${begin}\n${(base64.match(/.{1,70}/g) ?? []).join("\n")}\n${end}\n`;
}

/** Whether that key has signed that text. Never throws: what cannot be read is no signature. */
export function isSignedBy(text: string, armoured: string, publicKey: string): boolean {
  try {
    const body = armoured.trim();
    if (!body.startsWith(begin) || !body.endsWith(end)) return false;
    const bytes = Buffer.from(body.slice(begin.length, -end.length), "base64");
    if (!bytes.subarray(0, magic.length).equals(magic)) return false;
    const parts = sshReader(bytes.subarray(magic.length));
    if (parts.uint32() !== 1) return false;
    const [key, namespace, reserved, hash, signature] = [1, 2, 3, 4, 5].map(() => parts.string());
    if (parts.rest().length > 0 || key === undefined || signature === undefined) return false;
    if (!key.equals(keyBlob(publicKey)) || reserved?.length !== 0) return false;
    if (namespace?.toString() !== signatureNamespace) return false;
    const algorithm = hash?.toString();
    if (algorithm !== "sha512" && algorithm !== "sha256") return false;
    const inner = sshReader(signature);
    if (inner.string().toString() !== keyKind) return false;
    const raw = inner.string();
    if (inner.rest().length > 0) return false;
    return verify(null, signedBytes(text, algorithm), publicKeyObject(key), raw);
  } catch {
    return false;
  }
}

function signedBytes(text: string, algorithm: "sha512" | "sha256" = "sha512"): Buffer {
  const digest = createHash(algorithm).update(text).digest();
  return Buffer.concat([
    magic,
    ...[signatureNamespace, "", algorithm, digest].map((part) => sshString(part)),
  ]);
}
