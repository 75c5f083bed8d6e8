import { createWriteStream } from "node:fs";
import { once } from "node:events";

/** How many rows the measures of copies move: about 220 MB of COPY text. */
export const copiedRows = 1_000_000;

export const copiedTable = "orders";

/** In this order in each database and in the file of rows. */
export const copiedColumns = [
  "id",
  "customer",
  "reference",
  "status",
  "amount",
  "weight",
  "paid",
  "ordered_on",
  "created_at",
  "email",
  "note",
  "token",
] as const;

/** A row's values as COPY text spells them, without escapes: none of them needs any. The token is hexadecimal digits. */
export type CopiedRow = readonly string[];

const statuses = ["new", "packed", "shipped", "delivered", "returned"];
const words =
  "ash birch cedar döner elm fir größe hazel ivy juniper kelp larch maple nettle oak pine quince rowan spruce teak umbra vine willow xylem yew zelkova naïve 木 café 🌲".split(
    " ",
  );

/** The same rows each time: a generator with a fixed seed, so that figures of two runs are of the same data. */
export function* copiedData(): Generator<CopiedRow> {
  const next = seeded(20_260_101);
  const below = (limit: number) => Math.floor(next() * limit);
  const days = Array.from({ length: 2_600 }, (_, offset) =>
    new Date(Date.UTC(2019, 0, 1 + offset)).toISOString().slice(0, 10),
  );
  const two = (number: number) => String(number).padStart(2, "0");
  for (let id = 1; id <= copiedRows; id++) {
    const customer = 1 + below(50_000);
    const ordered = below(2_500);
    const at = `${two(below(24))}:${two(below(60))}:${two(below(60))}.${String(below(1_000_000)).padStart(6, "0")}`;
    const text = Array.from({ length: 5 + below(14) }, () => words[below(words.length)]).join(" ");
    const token = Array.from({ length: 4 }, () =>
      below(2 ** 32)
        .toString(16)
        .padStart(8, "0"),
    ).join("");
    yield [
      String(id),
      String(customer),
      `R-${String(below(10_000_000)).padStart(7, "0")}-${id.toString(36)}`,
      statuses[below(statuses.length)]!,
      `${below(20_000)}.${two(below(100))}`,
      below(20) === 0 ? "\\N" : String(Math.round(next() * 1e9) / 1e6),
      String(below(2)),
      days[ordered]!,
      `${days[ordered + below(30)]} ${at}`,
      `customer.${customer}@${words[below(5)]}.example.org`,
      text,
      token,
    ];
  }
}

/** Writes all rows, tabs between the values; the token as PostgreSQL reads bytes. */
export async function writeCopiedData(path: string): Promise<void> {
  const file = createWriteStream(path);
  let lines: string[] = [];
  const flush = async () => {
    if (!file.write(lines.join(""))) await once(file, "drain");
    lines = [];
  };
  for (const row of copiedData()) {
    lines.push(`${row.slice(0, -1).join("\t")}\t\\\\x${row.at(-1)}\n`);
    if (lines.length === 5_000) await flush();
  }
  await flush();
  file.end();
  await once(file, "finish");
}

/** Mulberry32: 32 bits of state are enough to look mixed, and it is the same everywhere. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
