import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { MappingsJob } from "../../core/mappings-steps.ts";
import { checkSidecar, fileSource } from "../../formats/mappings/index.ts";
import { mappingsWork } from "./work.ts";

/** What was read is held against what comes back, and not asked for before. */
const unread: MappingsJob["read"] = {
  mappings: 3,
  identities: null,
  values: null,
  usage: null,
  aside: null,
  history: "",
  patterns: "",
  statistics: null,
  surplus: "",
};

const record = { At: "2026-01-01T00:00:00Z", From: "json 1.0", To: "json 1.1", By: "godwit", Mappings: 1 };

test("what a version has no place for is not left out where there is no file for it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "godwit-mappings-work-"));
  const [input, file, aside] = ["in.json", "out.json", "out.json.aside.jsonl"].map((name) =>
    join(folder, name),
  );
  try {
    for (const [note, history] of [
      ["n", []],
      [null, [record]],
      [null, []],
    ] as const) {
      const mappings = Array.from({ length: 3 }, (_, n) => ({
        Original: `a.b${n}`,
        Note: n === 1 ? note : null,
      }));
      const text = JSON.stringify({ Version: "1.1", Mappings: mappings, History: history });
      await writeFile(input!, text);
      const job: MappingsJob = {
        inputs: [
          {
            file: input!,
            bytes: text.length,
            sha256: createHash("sha256").update(text).digest("hex"),
            version: "1.1",
            restores: null,
          },
        ],
        target: { format: "json", shape: "list", naming: "pascal" },
        version: "1.0",
        marksOrigin: false,
        from: "json 1.1",
        clean: [],
        batch: 1,
        now: "2026-01-30T08:00:00Z",
        count: 3,
        beside: [],
        read: unread,
        wire: null,
      };
      const convert = async (beside: string | null) => {
        await writeFile(file!, "");
        await writeFile(aside!, "");
        return mappingsWork.convert({ job, file: file!, aside: beside }, async () => {});
      };
      if (note === null && history.length === 0) await convert(null);
      else
        await assert.rejects(convert(null), {
          code: "GW9001",
          message: /has no place for what would be left/,
        });
      const { facts } = await convert(aside!);
      assert.doesNotMatch(await readFile(file!, "utf8"), /Note|By/);
      const head = await checkSidecar(await fileSource(aside!));
      assert.deepEqual(
        [head.content, head.entries, head.history.length],
        [facts.content, note === null ? 0 : 1, history.length],
      );
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
