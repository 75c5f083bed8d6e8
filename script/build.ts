import { execFileSync } from "node:child_process";
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, type BuildOptions } from "esbuild";
import manifest from "../package.json" with { type: "json" };

/**
 * Makes dist/: the program as one file, the library and the thread for mappings in chunks, and the library's declarations.
 * With --tested it makes .tested/: the program and that thread, with the crash points of the tests, which start it
 * thousands of times.
 */
const root = join(import.meta.dirname, "..");
process.chdir(root);

const shared: BuildOptions = {
  bundle: true,
  platform: "node",
  target: "node24",
  // The rest is bundled: one file opens faster than a hundred. `pg` asks for pg-native, which nobody has to have.
  external: [...Object.keys(manifest.dependencies), "pg-native"],
  metafile: true,
  minifySyntax: true,
  legalComments: "inline",
  logLevel: "warning",
};
/** The name of that thread's file, which the program looks for beside itself or above. */
const named = { MAPPINGS_WORKER: '"mappings-worker.js"' };
const thread = { "mappings-worker": "src/run/mappings/worker.ts" };
const modules: BuildOptions = {
  ...shared,
  splitting: true,
  format: "esm",
  chunkNames: "chunks/[name]-[hash]",
  banner: {
    js: `import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);`,
  },
};
// One file, in which a module runs when it is first asked for; and CommonJS, because Node's loader of ES modules
// takes longer to start than all of it takes to load.
const program: BuildOptions = {
  ...shared,
  entryPoints: ["src/cli/main.ts"],
  format: "cjs",
  banner: { js: `const ownUrl = require("node:url").pathToFileURL(__filename).href;` },
};
/** Where the file is, which a CommonJS file says in other words. */
const place = { "import.meta.url": "ownUrl" };
if (process.argv.includes("--tested")) {
  await Promise.all([
    build({ ...modules, define: named, entryPoints: thread, outdir: ".tested" }),
    build({ ...program, define: { ...named, ...place }, outfile: ".tested/cli/main.cjs" }),
  ]);
  process.exit();
}

rmSync("dist", { recursive: true, force: true });
// The tests' crash points: no environment variable may kill a published program.
const define = {
  ...named,
  "process.env.GODWIT_CRASH_AT": "undefined",
  "process.env.GODWIT_CRASH_TRACE": "undefined",
};
const built = await Promise.all([
  build({ ...modules, define, entryPoints: { index: "src/index.ts", ...thread }, outdir: "dist" }),
  build({ ...program, define: { ...define, ...place }, outfile: "dist/cli/main.cjs" }),
]);

writeFileSync(
  "dist/third-party-licences.txt",
  licences(built.flatMap(({ metafile }) => Object.keys(metafile?.inputs ?? {}))),
);

execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
  stdio: "inherit",
});
// tsc leaves "./x.ts" in declarations. It reads that itself, but other editors' tools look for a file of that name.
for (const file of globSync("dist/types/**/*.d.ts")) {
  const text = readFileSync(file, "utf8");
  writeFileSync(file, text.replace(/((?:from|import\(|import) ?")(\.\.?\/[^"]+)\.ts"/g, '$1$2.js"'));
}

/** The licences of the packages that are in the bundles. */
function licences(inputs: readonly string[]): string {
  const packages = new Set(
    inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []),
  );
  const texts = [...packages].sort().map((name) => {
    const [file] = globSync(`node_modules/${name}/{LICENSE,LICENCE,license}*`);
    // Some ship none, and name it only.
    const { license, author } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
    const text =
      file === undefined ? `${license}; ${JSON.stringify(author)}` : readFileSync(file, "utf8").trim();
    return `${name} (${license})\n\n${text}\n`;
  });
  return texts.join("\n----\n\n");
}
