import { execFileSync } from "node:child_process";
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import manifest from "../package.json" with { type: "json" };

/** Makes dist/: the program and the library as bundles that share their chunks, and the library's declarations. */
const root = join(import.meta.dirname, "..");
process.chdir(root);
rmSync("dist", { recursive: true, force: true });

await build({
  entryPoints: { index: "src/index.ts", "cli/main": "src/cli/main.ts" },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node24",
  chunkNames: "chunks/[name]-[hash]",
  external: Object.keys(manifest.dependencies),
  // The tests' crash points: no environment variable may kill a published program.
  define: { "process.env.GODWIT_CRASH_AT": "undefined", "process.env.GODWIT_CRASH_TRACE": "undefined" },
  minifySyntax: true,
  legalComments: "inline",
  logLevel: "warning",
});

execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
  stdio: "inherit",
});
// tsc leaves "./x.ts" in declarations. It reads that itself, but other editors' tools look for a file of that name.
for (const file of globSync("dist/types/**/*.d.ts")) {
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/((?:from|import\(|import) ?")(\.\.?\/[^"]+)\.ts"/g, '$1$2.js"'));
}
