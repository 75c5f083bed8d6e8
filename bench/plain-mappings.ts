import { readFileSync, writeFileSync } from "node:fs";
import { decode, encode } from "@msgpack/msgpack";

/* The same conversion by what one would write in an afternoon: the whole file, JSON.parse, and a library. */
interface Symbol {
  readonly Original: string;
  readonly Mapped: string;
  readonly Type: number;
  readonly LastUpdated: string;
}

const [input = "", output = ""] = process.argv.slice(2);
const bytes = readFileSync(input);
if (bytes[0] === 0x7b) {
  const { Mappings: mappings } = JSON.parse(bytes.toString("utf8")) as {
    Mappings: Readonly<Record<string, Symbol>>;
  };
  const elements = Object.values(mappings).map(({ Original, Mapped, Type, LastUpdated }) => [
    Original,
    Mapped,
    Type,
    "global",
    0.8,
    new Date(LastUpdated),
    0,
    [],
  ]);
  writeFileSync(output, encode(["1.0", elements, [], null]));
} else {
  const [Version, elements] = decode(bytes) as [
    string,
    [string, string, number, string, number, Date, number, string[]][],
  ];
  const Mappings = elements.map(
    ([Original, Mapped, Type, Context, Confidence, LastUpdated, UsageCount, References]) => ({
      Original,
      Mapped,
      Type,
      Context,
      Confidence,
      LastUpdated,
      UsageCount,
      References,
    }),
  );
  writeFileSync(output, JSON.stringify({ Version, Mappings, Patterns: [], Statistics: null }));
}
