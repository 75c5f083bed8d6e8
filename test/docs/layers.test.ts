import assert from "node:assert/strict";
import test from "node:test";
import { readSource, readSources, type SourceFile } from "./source-imports.ts";

/** Layers that are features: from outside, only their main file is imported. */
const features: readonly string[] = ["migrate", "copy", "backup", "audit", "observe", "review", "mappings"];

/*
 * The layers of ARCHITECTURE.md, held against the import statements of src/. A layer may import those that its
 * line names, and itself. Type imports count: what a type says is known, too.
 */
const allowed: Readonly<Record<string, readonly string[]>> = {
  core: [],
  sql: ["core"],
  config: ["core"],
  formats: ["core"],
  engines: ["core", "sql"],
  run: ["core", "engines", "formats"],
  migrate: ["core", "sql", "engines", "run", "config"],
  copy: ["core", "sql", "engines", "run"],
  backup: ["core", "engines", "run"],
  audit: ["core", "engines", "run"],
  observe: ["core"],
  review: ["core", "engines", "run", "config"],
  mappings: ["core", "formats", "engines", "run"],
  commands: ["core", "formats", "engines", "run", ...features, "config"],
  cli: ["core", "sql", "formats", "engines", "run", ...features, "config", "commands"],
  // The library's face, src/index.ts.
  index: ["core", "formats", "engines", "run", ...features, "config", "commands"],
};

/** What a feature may know of the configuration: how a duration is written, and how a file is read with care. The rest comes to it as values. */
const configForFeatures: readonly string[] = [
  "src/config/duration.ts",
  "src/config/bounded-file.ts",
  "src/config/json-document.ts",
];

/** Modules that only one engine may import. */
const drivers: Readonly<Record<string, string>> = {
  pg: "postgres",
  "libpg-query": "postgres",
  mysql2: "mysql",
  "node:sqlite": "sqlite",
};

/** `core` has no I/O. Hashing reads nothing; the manifest is data that the build puts in. */
const coreMayImport: ReadonlySet<string> = new Set(["node:crypto", "package.json"]);

const engineIds: ReadonlySet<string> = new Set(["postgres", "mysql", "sqlite"]);

/** Files outside engines/ that write an engine's id, each for its reason. */
const mayNameEngines: Readonly<Record<string, string>> = {
  "src/core/target.ts": "declares the union of the ids",
  "src/config/connection-url.ts": "chooses the parser by the URL's scheme",
  "src/config/sqlite-url.ts": "parses the one scheme that names a file",
  "src/config/url-dialects.ts": "says which engine a scheme means",
  "src/sql/expression/dialect.ts": "names the dialects of expressions",
  "src/sql/expression/parser.ts": "reads what one dialect alone writes",
  "src/sql/expression/print.ts": "writes what one dialect alone reads",
  "src/sql/query/parser.ts": "reads what one dialect alone writes",
  "src/sql/query/calls.ts": "reads what one dialect alone writes",
  "src/sql/query/words.ts": "writes what one dialect alone reads",
  "src/copy/rules/value-expression.ts": "reads the SQL of rules, which is SQLite's",
  "src/commands/init.ts": "writes an example URL into the new configuration",
};

test("src keeps to its layers", () => {
  const files = readSources();
  assert.ok(files.length > 100, `only ${files.length} files were found`);
  assert.deepEqual(violationsOf(files), []);
});

test("each exception is still needed", () => {
  const naming = new Set(
    readSources()
      .filter(namesEngine)
      .map(({ path }) => path),
  );
  assert.deepEqual(
    Object.keys(mayNameEngines).filter((path) => !naming.has(path)),
    [],
  );
});

const wrong: Readonly<Record<string, readonly [path: string, text: string]>> = {
  "an upward import": ["src/core/a.ts", 'import { b } from "../run/executor.ts";'],
  "an upward import of a type": ["src/engines/mysql/a.ts", 'import type { B } from "../../run/lock.ts";'],
  "an upward import at run time": ["src/run/a.ts", 'const b = await import("../commands/apply.ts");'],
  "an upward export": ["src/sql/a.ts", 'export { b } from "../migrate/index.ts";'],
  "an engine that imports another": ["src/engines/mysql/a.ts", 'import "../sqlite/index.ts";'],
  "a feature's inner file": ["src/commands/a.ts", 'import { b } from "../migrate/assess.ts";'],
  "a feature that reads the configuration": ["src/migrate/a.ts", 'import { b } from "../config/load.ts";'],
  "a driver outside its engine": ["src/run/a.ts", 'import pg from "pg";'],
  "a driver in another engine": ["src/engines/sqlite/a.ts", 'import type { A } from "mysql2/promise";'],
  "I/O in core": ["src/core/a.ts", 'import { readFileSync } from "node:fs";'],
  "an engine's name": ["src/run/a.ts", 'if (engine.id === "postgres") stop();'],
  "an engine chosen by a layer that gets it": [
    "src/migrate/a.ts",
    'import { b } from "../engines/registry.ts";',
  ],
  "an engine imported by name": ["src/commands/a.ts", 'import { b } from "../engines/mysql/index.ts";'],
  "a folder without a line in the table": ["src/utils/a.ts", ""],
};

for (const [what, [path, text]] of Object.entries(wrong)) {
  test(`${what} is found`, () => {
    assert.equal(violationsOf([readSource(path, text)]).length, 1);
  });
}

test("a comment or a text that speaks of an import is none", () => {
  const text =
    '// import "../cli/main.ts"\nconst a = `import "../cli/main.ts"`;\nexport const b = "../cli/main.ts";';
  assert.deepEqual(violationsOf([readSource("src/core/a.ts", text)]), []);
});

function violationsOf(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => [
    ...(Object.hasOwn(allowed, layerOf(file.path)) ? [] : [`${file.path}: its folder is no layer`]),
    ...file.imports.flatMap(({ module }) => problemsOf(file.path, module)),
    ...(namesEngine(file) && !Object.hasOwn(mayNameEngines, file.path)
      ? [`${file.path} names an engine`]
      : []),
  ]);
}

function problemsOf(path: string, module: string): string[] {
  const layer = layerOf(path);
  const found: string[] = [];
  const driver = Object.keys(drivers).find((name) => module === name || module.startsWith(`${name}/`));
  if (driver !== undefined && engineOf(path) !== drivers[driver]) found.push("a driver outside its engine");
  if (layer === "core" && !module.startsWith("src/core/") && !coreMayImport.has(module)) {
    found.push("core imports nothing but itself");
  }
  if (module.startsWith("src/") && layer !== "core") found.push(...betweenLayers(path, module));
  return found.map((problem) => `${path} imports ${module}: ${problem}`);
}

function betweenLayers(path: string, module: string): string[] {
  const [from, to] = [layerOf(path), layerOf(module)];
  if (from === to) {
    const other = engineOf(module);
    const crosses =
      from === "engines" && other !== null && engineOf(path) !== null && engineOf(path) !== other;
    return crosses ? ["an engine knows no other"] : [];
  }
  if (!(allowed[from] ?? []).includes(to)) return [`${from} does not import ${to}`];
  if (features.includes(to) && module !== `src/${to}/index.ts`)
    return ["only the feature's main file is imported"];
  if (features.includes(from) && to === "config" && !configForFeatures.includes(module)) {
    return [`of config, a feature imports ${configForFeatures.join(", ")} only`];
  }
  // Above the engines everything sees what all of them share; which is loaded is decided in one place.
  const isRegistry = module === "src/engines/registry.ts";
  if (to === "engines" && (engineOf(module) !== null || (isRegistry && from !== "commands"))) {
    return ["no engine is imported by name; commands/ loads one through the registry"];
  }
  return [];
}

/** "core" of src/core/error.ts; "index" of src/index.ts. */
function layerOf(path: string): string {
  return (path.split("/")[1] ?? "").replace(/\.ts$/, "");
}

/** "mysql" of src/engines/mysql/lock.ts; null elsewhere. */
function engineOf(path: string): string | null {
  return /^src\/engines\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function namesEngine({ path, strings }: SourceFile): boolean {
  return layerOf(path) !== "engines" && strings.some((text) => engineIds.has(text));
}
