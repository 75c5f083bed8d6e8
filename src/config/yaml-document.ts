import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from "yaml";
import { GodwitError } from "../core/error.ts";

export interface YamlDocument {
  /** Strings, numbers, booleans, null, arrays, and objects without a prototype. */
  readonly value: unknown;
  /** Line of the key at a path ("profiles.dev.url"), from 1. */
  readonly lines: ReadonlyMap<string, number>;
}

/** Far above any configuration; what passes it is an attack or an accident (aliases that multiply). */
const maxNodes = 10_000;
const maxDepth = 32;

export interface YamlLimits {
  readonly maxNodes?: number;
  /** A number that a JavaScript number cannot hold comes as it is written, instead of being refused. */
  readonly digits?: boolean;
}

/**
 * Reads one YAML 1.2 (or JSON) document. Duplicate keys, merges, unknown tags, numbers that a JavaScript number
 * cannot hold, and deep or multiplied structures are refused. Throws GW1004, with no text of the file but key names.
 */
export function parseYaml(text: string, file: string, limits: YamlLimits = {}): YamlDocument {
  const counter = new LineCounter();
  const document = parseDocument(text, {
    schema: "core",
    merge: false,
    stringKeys: true,
    intAsBigInt: true,
    // Its own check is quadratic (60,000 keys took 56 s); ours is below.
    uniqueKeys: false,
    // "Pretty" messages quote the file, which may hold a password.
    prettyErrors: false,
    lineCounter: counter,
  });
  const fail = (why: string, offset: number | undefined): GodwitError => {
    const line = offset === undefined ? "" : `:${counter.linePos(offset).line}`;
    return new GodwitError("GW1004", { message: `${file}${line}: ${why}.`, details: { file } });
  };
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw fail(problemText(problem.code), problem.pos[0]);

  const anchors = new Map<string, unknown>();
  const lines = new Map<string, number>();
  let nodes = 0;

  const read = (node: unknown, path: readonly string[], depth: number): unknown => {
    if (depth > maxDepth) throw fail("the structure is nested too deeply", undefined);
    if (++nodes > (limits.maxNodes ?? maxNodes)) throw fail("the structure has too many parts", undefined);
    if (node === null) return null;
    if (isAlias(node)) {
      if (anchors.has(node.source)) return read(anchors.get(node.source), path, depth + 1);
      throw fail(`the alias *${node.source} has no anchor before it`, node.range?.[0]);
    }
    if (isScalar(node)) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
      return readScalar(node.value, () => {
        if (limits.digits === true && node.source !== undefined) return node.source;
        throw fail("a number is too large or not a whole number", node.range?.[0]);
      });
    }
    if (!isMap(node) && !isSeq(node)) throw fail("a part is of an unknown kind", undefined);
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    if (isSeq(node)) return node.items.map((item, i) => read(item, [...path, String(i)], depth + 1));
    const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    for (const { key, value } of node.items) {
      if (!isScalar(key) || typeof key.value !== "string") throw fail("a key is no string", node.range?.[0]);
      const inner = [...path, key.value];
      if (Object.hasOwn(object, key.value)) {
        throw fail(`the key ${JSON.stringify(key.value.slice(0, 64))} is given twice`, key.range?.[0]);
      }
      if (key.range) lines.set(inner.join("."), counter.linePos(key.range[0]).line);
      object[key.value] = read(value, inner, depth + 1);
    }
    return object;
  };
  return { value: read(document.contents, [], 0), lines };
}

function readScalar(value: unknown, unsafe: () => unknown): unknown {
  if (typeof value === "bigint" || typeof value === "number") {
    // The number 9007199254740993 would silently become another one.
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    return unsafe();
  }
  return value;
}

function problemText(code: string): string {
  switch (code) {
    case "TAG_RESOLVE_FAILED":
      return "tags (!name) are not taken";
    case "MULTIPLE_DOCS":
      return "there is more than one document";
    case "NON_STRING_KEY":
      return "a key is no string";
    case "RESOURCE_EXHAUSTION":
      return "the structure is nested too deeply";
    case "TAB_AS_INDENT":
      return "a tab stands in the indentation";
    default:
      return `it is not valid YAML (${code})`;
  }
}
