import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  lstat,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, before, describe } from "node:test";
import { zstdCompressSync } from "node:zlib";
import { GodwitError } from "../../src/core/error.ts";
import { blockBytes, blockHeadOf, headBytes, headOf, tailOf } from "../../src/run/archive/layout.ts";
import type { Manifest } from "../../src/run/archive/manifest.ts";
import { ArchiveReader } from "../../src/run/archive/read-archive.ts";
import { sealOf } from "../../src/run/archive/seal.ts";
import { ArchiveWriter } from "../../src/run/archive/write-archive.ts";

const key = Buffer.alloc(32, 7);
const rows = Buffer.from(Array.from({ length: 60 }, (_, n) => `${n}\tvalue ${n * 7919}\n`).join(""));

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "godwit-archive-"));
});
after(() => rm(folder, { recursive: true, force: true }));

for (const encrypted of [false, true]) {
  const own = encrypted ? key : null;
  describe(encrypted ? "an encrypted archive" : "an archive", () => {
    let bytes = Buffer.alloc(0);
    let file = "";
    before(async () => {
      file = await written(`whole-${String(encrypted)}`, own);
      bytes = await readFile(file);
    });

    test("gives back what was put into it, and is for its owner alone", async () => {
      await using archive = await ArchiveReader.open(file, own);
      const manifest = await archive.manifest();
      assert.deepEqual(await archive.block(manifest.tables[0]!.chunks[0]!.blocks[0]!, "rows"), rows);
      await archive.check();
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      assert.equal(bytes.includes("value 7919"), false, "it is compressed, and where asked encrypted");
      assert.equal(bytes.includes("CREATE TABLE t"), false);
    });

    test("is refused with the place when any of its bytes is another one", async () => {
      const changed = join(folder, "changed");
      await writeFile(changed, bytes);
      await using handle = await open(changed, "r+");
      for (let at = 0; at < bytes.length; at++) {
        await handle.write(Buffer.from([bytes[at]! ^ (1 << (at % 8))]), 0, 1, at);
        const error = await refusal(changed, own);
        assert.ok(["GW8202", "GW8203"].includes(error.code), `byte ${at}: ${error.code} ${error.message}`);
        if (error.code === "GW8203") assert.equal(typeof error.details["offset"], "number");
        else assert.ok(at < 8, `byte ${at} is no part of the mark`);
        await handle.write(bytes, at, 1, at);
      }
      await ArchiveReader.open(changed, own).then((archive) => archive[Symbol.asyncDispose]());
    });

    test("is refused at every length but its own", async () => {
      const cut = join(folder, "cut");
      await writeFile(cut, bytes);
      for (let length = bytes.length - 1; length >= 0; length--) {
        await truncate(cut, length);
        const error = await refusal(cut, own);
        assert.ok(["GW8202", "GW8203"].includes(error.code), `${length}: ${error.message}`);
      }
      await writeFile(cut, Buffer.concat([bytes, Buffer.from([0])]));
      assert.equal((await refusal(cut, own)).code, "GW8203");
    });

    test("is refused when blocks change their places, or come from another archive", async () => {
      const other = await readFile(await written(`other-${String(encrypted)}`, own));
      const swapped = join(folder, "swapped");
      // All of the other one's blocks between this one's head and tail.
      await writeFile(swapped, Buffer.concat([bytes.subarray(0, headBytes), other.subarray(headBytes)]));
      assert.equal((await refusal(swapped, own)).code, "GW8203");
    });
  });
}

test("a wrong key is told apart from damage", async () => {
  const file = await written("keyed", key);
  assert.equal((await refusal(file, Buffer.alloc(32, 8))).code, "GW8204");
  assert.equal((await refusal(file, null)).code, "GW8204");
});

test("what is no archive is refused as such", async () => {
  for (const text of ["", "x", "PGDMP\x01\x0e\x00", "SQLite format 3\0".repeat(50), "a".repeat(5_000)]) {
    const file = join(folder, "foreign");
    await writeFile(file, text);
    assert.equal((await refusal(file, null)).code, "GW8202", text.slice(0, 10));
  }
  assert.equal((await refusal(folder, null)).code, "GW8202");
  assert.equal((await refusal(join(folder, "missing"), null)).code, "GW8202");
});

describe("an archive that was made on purpose", () => {
  test("takes no memory for lengths of 4 GB", async () => {
    const head = blockHeadOf({ kind: "rows", compressed: true, final: false, index: 0, stored: 10, raw: 10 });
    head.writeUInt32LE(0xffff_ffff, 8);
    assert.match((await forged(head, Buffer.alloc(10))).message, /at byte 64: a block claims 4294967295/);
    head.writeUInt32LE(10, 8);
    head.writeUInt32LE(0xffff_ffff, 12);
    assert.match((await forged(head, Buffer.alloc(10))).message, /at byte 64: a block claims/);
  });

  test("does not decompress to more than it says, nor beyond any bound", async () => {
    const bomb = zstdCompressSync(Buffer.alloc(256 * 1024 * 1024));
    const head = (raw: number) =>
      blockHeadOf({ kind: "rows", compressed: true, final: false, index: 0, stored: bomb.length, raw });
    const before = process.memoryUsage().rss;
    assert.match((await forged(head(blockBytes), bomb)).message, /at byte 64: a block does not become what/);
    assert.ok(process.memoryUsage().rss - before < 128 * 1024 * 1024, "it took the bomb's memory");
  });

  test("names no place outside itself", async () => {
    for (const offset of [-1, 0, 2 ** 40, 1.5]) {
      const file = join(folder, `outside-${offset}`);
      const writer = await ArchiveWriter.create(file, null);
      await writer.finish(manifestOf([{ offset, index: 0 }]));
      assert.match((await refusal(file, null)).message, /places that it does not have|lacks what each has/);
    }
  });

  async function forged(head: Buffer, stored: Buffer): Promise<GodwitError> {
    const salt = Buffer.alloc(16, 1);
    const seal = sealOf(null, salt);
    const block = (blockHead: Buffer, content: Buffer, index: number) => {
      const { body, proof } = seal.close(index, blockHead, content);
      return Buffer.concat([blockHead, body, proof]);
    };
    const first = block(head, stored, 0);
    const text = Buffer.from(JSON.stringify(manifestOf([])));
    const manifestAt = headBytes + first.length;
    const last = block(
      blockHeadOf({
        kind: "manifest",
        compressed: false,
        final: true,
        index: 1,
        stored: text.length,
        raw: text.length,
      }),
      text,
      1,
    );
    const tail = tailOf({ manifestAt, manifestBlocks: 1, blocks: 2 });
    const file = join(folder, "forged");
    await writeFile(
      file,
      Buffer.concat([
        headOf({ encrypted: false, salt, keyCheck: seal.keyCheck }),
        first,
        last,
        tail,
        seal.proofOfTail(tail),
      ]),
    );
    return refusal(file, null);
  }
});

test("an archive overwrites nothing, and one that is not finished leaves nothing", async () => {
  const file = await written("taken", null);
  const kept = await readFile(file);
  await assert.rejects(ArchiveWriter.create(file, null), { code: "GW8201" });
  assert.deepEqual(await readFile(file), kept);
  const late = join(folder, "late");
  const writer = await ArchiveWriter.create(late, null);
  await writer.append("rows", rows);
  // Somebody else takes the name meanwhile.
  await writeFile(late, "mine");
  await assert.rejects(writer.finish(manifestOf([])), { code: "GW8201" });
  assert.equal(await writer.abandon(), null);
  assert.equal(await readFile(late, "utf8"), "mine");
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith(".partial")),
    [],
  );
});

test("an archive is not written through a link", async () => {
  const file = join(folder, "linked");
  const other = join(folder, "other-file");
  await writeFile(other, "mine");
  await symlink(other, `${file}.partial`);
  await assert.rejects(ArchiveWriter.create(file, null), { code: "GW8201" });
  assert.equal(await readFile(other, "utf8"), "mine");
  await rm(`${file}.partial`);
  // One that leads nowhere yet is a name that is taken, too.
  await symlink(join(folder, "nowhere"), file);
  const writer = await ArchiveWriter.create(file, null);
  await assert.rejects(writer.finish(manifestOf([])), { code: "GW8201" });
  await writer.abandon();
  assert.ok((await lstat(file)).isSymbolicLink());
  await assert.rejects(stat(join(folder, "nowhere")));
});

test("blocks that changed their places are refused, though each is as it was written", async () => {
  const file = join(folder, "places");
  const writer = await ArchiveWriter.create(file, null);
  // Of one length, since they cannot be compressed.
  const blocks = [
    await writer.append("rows", randomBytes(1_000)),
    await writer.append("rows", randomBytes(1_000)),
  ];
  await writer.finish(manifestOf(blocks));
  const bytes = await readFile(file);
  const [first, second] = blocks.map(({ offset }) => offset) as [number, number];
  const length = second - first;
  const parts = [bytes.subarray(0, first), bytes.subarray(second, second + length)];
  await writeFile(
    file,
    Buffer.concat([...parts, bytes.subarray(first, second), bytes.subarray(second + length)]),
  );
  assert.match((await refusal(file, null)).message, /block 1 stands in the place of block 0/);
});

async function written(name: string, own: Uint8Array | null): Promise<string> {
  const file = join(folder, name);
  const writer = await ArchiveWriter.create(file, own);
  const block = await writer.append("rows", rows);
  await writer.finish(manifestOf([block]));
  return file;
}

/** All of it must be looked at before anything is believed. */
async function refusal(file: string, own: Uint8Array | null): Promise<GodwitError> {
  try {
    await using archive = await ArchiveReader.open(file, own);
    await archive.manifest();
    await archive.check();
  } catch (error) {
    if (error instanceof GodwitError) return error;
    throw error;
  }
  return assert.fail(`${file} was taken`);
}

function manifestOf(blocks: readonly { readonly offset: number; readonly index: number }[]): Manifest {
  return {
    format: 1,
    form: "portable",
    tool: "0",
    createdAt: "2026-01-01T00:00:00.000Z",
    engine: "none",
    server: { product: "", version: "", identity: "" },
    database: "d",
    position: "",
    markers: {},
    weakness: null,
    notHeld: [],
    missing: [],
    schema: "CREATE TABLE t (a int);",
    before: [],
    keys: [],
    after: [],
    finish: [],
    tables: [
      {
        schema: "",
        name: "t",
        columns: [{ name: "a", type: { kind: "any" }, sql: "" }],
        key: [],
        estimate: { rows: 0, bytes: 0 },
        rows: "60",
        sum: "1",
        chunks: [{ rows: "60", sum: "1", bytes: rows.length, blocks }],
      },
    ],
    ledger: [],
    dump: [],
    programs: {},
  };
}
