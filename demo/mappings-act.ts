import { decode, encode } from "@msgpack/msgpack";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { startGodwit } from "./start-godwit.ts";
import { check, kill, report, run, say, title } from "./stage.ts";

const count = 40_000;
/** One at a time: on any machine there is a moment in which some are written and others not. */
const migrate = ["mappings", "migrate", "--force", "--batch", "1"];

interface Mapping {
  readonly original: string;
  readonly mapped: string;
  readonly type: number;
  readonly context: string | null;
  readonly confidence: number;
  readonly updated: Date;
  readonly used: number;
  readonly references: readonly string[];
}

/**
 * A database of symbol mappings goes from JSON to MessagePack. The program is killed while it writes; the old file stands as
 * it was, the same command goes on, another decoder reads the result, and a rollback puts the old bytes back.
 */
export async function mappingsAct(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "godwit-demo-"));
  const at = (name: string) => join(folder, "decomp", name);
  const godwit = (...args: string[]) => startGodwit(folder, {}, args);
  const mappings = Array.from({ length: count }, (_, n) => mappingOf(n));
  const output = at("mappings.msgpack");
  try {
    mkdirSync(join(folder, "decomp"));
    writeFileSync(at("mappings.json"), toJson(mappings));
    // Ten mappings that another program has written are in the place of the new file.
    writeFileSync(output, encode(["1.0", mappings.slice(0, 10).map(rowOf), [], null]));
    const old = sumOf(readFileSync(output));
    say(`${count} mappings in JSON, ${(statSync(at("mappings.json")).size / 1e6).toFixed(1)} MB`);

    title("JSON to MessagePack, and a kill with SIGKILL in the middle of the file");
    const first = godwit(...migrate);
    const partial = `${output}.partial`;
    const isWriting = () => (statSync(partial, { throwIfNoEntry: false })?.size ?? 0) > 200_000;
    while (!isWriting() && first.exitCode === null) await sleep(1);
    await kill(first);
    say(`Killed. ${existsSync(partial) ? statSync(partial).size : 0} bytes of the new file were written.`);
    check("partial files beside", Number(existsSync(partial)), 1);
    report([{ what: "the old file, byte by byte", found: sumOf(readFileSync(output)), expected: old }]);

    title("The same command goes on with it");
    await run(godwit(...migrate));
    check("partial files beside", Number(existsSync(partial)), 0);
    const [version, rows] = decode(readFileSync(output)) as [string, unknown[][]];
    report([{ what: "version, by another decoder", found: version, expected: "1.0" }]);
    check("mappings, by another decoder", rows.length, count);
    using journal = new DatabaseSync(`${output}.godwit.db`, { readOnly: true });
    const attempts = journal.prepare("SELECT epoch FROM godwit_run").all();
    check("runs", attempts.length, 1);
    check("attempts of that run", Number(attempts[0]?.["epoch"]), 2);
    report([
      {
        what: "all that they say, by another decoder",
        found: sumOf(JSON.stringify(rows)),
        expected: sumOf(JSON.stringify(mappings.map(rowOf))),
      },
    ]);
    await run(godwit("audit", "verify", "--url", "sqlite:decomp/mappings.msgpack.godwit.db"));

    title("A rollback puts the old bytes back");
    await run(godwit("mappings", "rollback", "--yes"));
    report([{ what: "the old file, byte by byte", found: sumOf(readFileSync(output)), expected: old }]);
    check("partial files beside", readdirSync(at("")).filter((name) => name.endsWith(".partial")).length, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** No two are alike, and each member takes several forms. */
function mappingOf(n: number): Mapping {
  return {
    original: `a.${n.toString(36)}`,
    mapped: `Game.${["Player", "Wörld", "敵"][n % 3]}${n}`,
    type: n % 6,
    context: n % 3 === 0 ? null : `Assembly${n % 11}`,
    confidence: (n % 101) / 100,
    updated: new Date(Date.UTC(2020, 0, 1) + n * 61_000),
    used: n % 1000,
    references: n % 5 === 0 ? [`a.${((n + 1) % count).toString(36)}`] : [],
  };
}

/** As the original tool has it in MessagePack: members in this order, without names. */
function rowOf(each: Mapping): unknown[] {
  const { original, mapped, type, context, confidence, updated, used, references } = each;
  return [original, mapped, type, context, confidence, updated, used, references];
}

/** As the original tool has it in JSON: an object by name. */
function toJson(mappings: readonly Mapping[]): string {
  const entries = mappings.map((each) => [
    each.context === null ? each.original : `${each.context}:${each.original}`,
    {
      Original: each.original,
      Mapped: each.mapped,
      Type: each.type,
      Context: each.context,
      Confidence: each.confidence,
      LastUpdated: each.updated.toISOString(),
      UsageCount: each.used,
      References: each.references,
    },
  ]);
  return JSON.stringify({ Mappings: Object.fromEntries(entries) });
}

function sumOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 32);
}
