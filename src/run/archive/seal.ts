import { createCipheriv, createDecipheriv, createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { halfHash, proofBytes } from "./layout.ts";

/** Protects the blocks of one archive: from changes, and where there is a key also from being read. */
export interface Seal {
  /** Tells later whether a key is the one: nothing else can be learned from it. */
  readonly keyCheck: Buffer;
  close(index: number, head: Buffer, content: Buffer): { readonly body: Buffer; readonly proof: Buffer };
  /** Null where the block is not as it was written. */
  open(index: number, head: Buffer, body: Buffer, proof: Buffer): Buffer | null;
  proofOfTail(tail: Buffer): Buffer;
}

/**
 * `key` has 32 bytes, null for an archive that anybody may read. Each archive has a key of its own, made of the given
 * one and its salt by HKDF (RFC 5869): so the blocks' numbers can be the nonces, and no block fits another archive.
 */
export function sealOf(key: Uint8Array | null, salt: Buffer): Seal {
  return key === null ? hashing(salt) : encrypting(key, salt);
}

function hashing(salt: Buffer): Seal {
  return {
    keyCheck: Buffer.alloc(proofBytes),
    close: (_, head, content) => ({ body: content, proof: halfHash(salt, head, content) }),
    open: (_, head, body, proof) => (halfHash(salt, head, body).equals(proof) ? body : null),
    proofOfTail: (tail) => halfHash(salt, tail),
  };
}

function encrypting(key: Uint8Array, salt: Buffer): Seal {
  const derived = Buffer.from(hkdfSync("sha256", key, salt, "godwit archive 1", 64));
  const [content, check] = [derived.subarray(0, 32), derived.subarray(32)];
  const authentic = (text: Uint8Array) =>
    createHmac("sha256", check).update(text).digest().subarray(0, proofBytes);
  return {
    keyCheck: authentic(Buffer.from("key")),
    close: (index, head, plain) => {
      const cipher = createCipheriv("aes-256-gcm", content, nonceOf(index));
      cipher.setAAD(head);
      const body = cipher.update(plain);
      cipher.final();
      return { body, proof: cipher.getAuthTag() };
    },
    open: (index, head, body, proof) => {
      const decipher = createDecipheriv("aes-256-gcm", content, nonceOf(index), {
        authTagLength: proofBytes,
      });
      decipher.setAAD(head);
      decipher.setAuthTag(proof);
      const plain = decipher.update(body);
      try {
        decipher.final();
        return plain;
      } catch {
        return null;
      }
    },
    proofOfTail: authentic,
  };
}

function nonceOf(index: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(index, 8);
  return nonce;
}

export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
