import { open } from "node:fs/promises";
import { keepYoungGenerationSmall } from "../src/cli/small-young-generation.ts";
import { createMappingWriter, fileSink, fileSource, openMappings } from "../src/formats/mappings/index.ts";

/* Converts a mapping database into the other format: INPUT OUTPUT. */
const [input = "", output = ""] = process.argv.slice(2);
keepYoungGenerationSmall();
const reader = await openMappings(await fileSource(input));
await using file = await open(output, "w+");
const writer = createMappingWriter(fileSink(file), {
  target: { format: reader.format.format === "json" ? "msgpack" : "json" },
  version: "1.0",
});
for await (const { mappings } of reader.batches()) await writer.write(mappings);
await writer.finish(reader.header);
