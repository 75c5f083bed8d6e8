import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { sent, startProxy, type Fault, type Passing } from "../support/proxy.ts";
import { assertCopied, copyArgs, pairings, withBoth, type Pairing } from "./copy-scene.ts";
import { assertClean } from "./evidence.ts";
import { eventsOf, runWell } from "./program.ts";
import { someOf } from "./seeded.ts";

interface Case {
  readonly what: string;
  readonly side: "source" | "target";
  readonly fault: Fault;
  readonly when: (passing: Passing) => boolean;
  readonly afterRows?: boolean;
  /** Between two servers whose rows are not read back, but compared by digests. */
  readonly digests?: boolean;
}

/** The first connection on the target is the working session's; those after it copy. */
const worker = (words: string) => (passing: Passing) => passing.connection > 1 && sent(words)(passing);
/** What the target's rows are asked by when they are read back. */
const back = (passing: Passing) => worker("TO STDOUT")(passing) || worker("SELECT CONCAT(_binary")(passing);
const counts = (passing: Passing) => sent("SELECT count(*) FROM")(passing) || sent("CAST(COUNT(*)")(passing);
const rows = ({ direction, text }: Passing) => direction === "to-client" && text.includes("name 60");

const cases: readonly Case[] = [
  { what: "cut while rows go in", side: "target", fault: "reset", when: worker("name 60") },
  { what: "stalled while rows go in", side: "target", fault: "stall", when: worker("name 60") },
  { what: "cut at a chunk's COMMIT", side: "target", fault: "reset", when: worker("COMMIT") },
  { what: "the reply of a chunk's COMMIT lost", side: "target", fault: "lose-reply", when: worker("COMMIT") },
  {
    what: "stalled after a chunk's COMMIT",
    side: "target",
    fault: "stall-to-client",
    when: worker("COMMIT"),
  },
  { what: "cut while rows come out", side: "source", fault: "reset", when: rows },
  { what: "ended while rows come out", side: "source", fault: "half-close", when: rows },
  { what: "stalled while rows come out", side: "source", fault: "stall-to-client", when: rows },
  { what: "cut while rows are read back", side: "target", fault: "reset", when: back },
  { what: "stalled while rows are read back", side: "target", fault: "stall-to-client", when: back },
  { what: "cut while rows are counted", side: "source", fault: "reset", when: counts, afterRows: true },
  {
    what: "stalled while rows are counted",
    side: "source",
    fault: "stall-to-client",
    when: counts,
    afterRows: true,
  },
  ...(["source", "target"] as const).map((side): Case => {
    const when = sent("SELECT MD5('')");
    return { what: "stalled while digests are asked", side, fault: "stall-to-client", when, digests: true };
  }),
];

/** Only when rows have come, on whatever connection: the plan asks for numbers of rows, too. */
function armed({ when, afterRows = false }: Case): (passing: Passing) => boolean {
  let haveCome = !afterRows;
  return (passing) => {
    haveCome ||= rows(passing);
    return haveCome && when(passing);
  };
}

suite("a copy whose connections fail", { concurrency: 6, timeout: 280_000 }, () => {
  for (const each of cases) {
    const suited = pairings.filter((one) => suits(one, each));
    for (const pairing of someOf(suited, Math.ceil(suited.length / 3))) {
      test(`${pairing.title}: ${each.side} ${each.what}`, { skip: pairing.skip }, async () => {
        await withBoth(pairing, async ({ from, to, project }) => {
          // How long a silence may last before both servers are asked what they do.
          await project.write({ "godwit.config.json": '{ "connectTimeout": "3s" }' });
          await using proxy = await startProxy(each.side === "source" ? from : to);
          const args = each.side === "source" ? copyArgs(proxy.url, to) : copyArgs(from, proxy.url);
          proxy.when(armed(each), each.fault);
          const ended = await runWell([...args, "--jobs", "2"], { url: to, project, timeoutMs: 120_000 });
          assert.equal(proxy.faults, 1, "the fault did not happen");
          assert.ok(eventsOf(ended.lines, "connection:lost").length > 0, "the loss is told");
          await assertCopied(pairing, { from, to });
          await assertClean(pairing.target.name, to);
        });
      });
    }
  }
});

/** One pairing for each protocol and side; a file has no connection. */
function suits({ title }: Pairing, { side, digests = false }: Case): boolean {
  if (digests) return title === "mysql → mysql";
  return side === "source"
    ? title === "postgres → sqlite" || title === "mariadb → postgres"
    : title === "sqlite → postgres" || title === "postgres → mariadb";
}
