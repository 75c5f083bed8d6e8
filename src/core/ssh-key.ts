import { createHash, createPublicKey, type KeyObject } from "node:crypto";

/** The one kind of key that counts: small, and with one way to sign. */
export const keyKind = "ssh-ed25519";

/** A public key as OpenSSH writes it ("ssh-ed25519 AAAA…"), without options and comment; null for anything else. */
export function readPublicKey(text: string): string | null {
  const [kind, base64 = ""] = text.trim().split(/\s+/u);
  if (kind !== keyKind || !/^[A-Za-z0-9+/]+=*$/.test(base64)) return null;
  const blob = Buffer.from(base64, "base64");
  return rawKey(blob) === null || blob.toString("base64") !== base64 ? null : `${kind} ${base64}`;
}

/** "SHA256:…", as ssh-keygen prints it. */
export function keyFingerprint(key: string): string {
  return `SHA256:${createHash("sha256").update(keyBlob(key)).digest("base64").replace(/=+$/, "")}`;
}

/** The key's bytes in SSH's wire format. */
export function keyBlob(key: string): Buffer {
  return Buffer.from(key.split(" ")[1] ?? "", "base64");
}

/** For node:crypto. Throws for a blob that is no Ed25519 key. */
export function publicKeyObject(blob: Buffer): KeyObject {
  const raw = rawKey(blob);
  if (raw === null) throw new Error("no Ed25519 key");
  return createPublicKey({
    key: { kty: "OKP", crv: "Ed25519", x: raw.toString("base64url") },
    format: "jwk",
  });
}

/** An Ed25519 key of node:crypto as OpenSSH writes it. */
export function openSshKey(key: KeyObject): string {
  const { x = "" } = key.export({ format: "jwk" });
  return `${keyKind} ${Buffer.concat([sshString(keyKind), sshString(Buffer.from(x, "base64url"))]).toString("base64")}`;
}

export function sshString(value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** Reads strings with their length before them, each within the bytes that are there. */
export function sshReader(bytes: Buffer): { string(): Buffer; uint32(): number; rest(): Buffer } {
  let at = 0;
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw new Error("it ends too early");
    at += length;
    return bytes.subarray(at - length, at);
  };
  const uint32 = () => take(4).readUInt32BE();
  return { uint32, string: () => take(uint32()), rest: () => take(bytes.length - at) };
}

function rawKey(blob: Buffer): Buffer | null {
  try {
    const reader = sshReader(blob);
    const kind = reader.string().toString("latin1");
    const raw = reader.string();
    return kind === keyKind && raw.length === 32 && reader.rest().length === 0 ? raw : null;
  } catch {
    return null;
  }
}
