import type { Engine } from "../engines/engine.ts";
import { semanticHash } from "../sql/semantic-hash.ts";
import type { Migration } from "./folder.ts";
import { scriptTokens } from "./script-tokens.ts";
import { readSourceFile, type SourceFile } from "./source-file.ts";

/** Reads and hashes the files of one folder, each at most once. */
export interface Contents {
  /** The file that applies the migration. */
  up(migration: Migration): SourceFile;
  down(migration: Migration): SourceFile | null;
  /** The hash that ignores comments and white space. */
  sqlHash(migration: Migration): string;
  /** The same of a text that was applied once. */
  hashText(migration: Pick<Migration, "script" | "name">, text: string): string;
}

export function openContents(options: { engine: Engine; folder: string; maxFileBytes: number }): Contents {
  const { engine, folder, maxFileBytes } = options;
  const files = new Map<string, SourceFile>();
  const hashes = new Map<string, string>();
  const read = (path: string): SourceFile => {
    const known = files.get(path);
    if (known !== undefined) return known;
    const file = readSourceFile(path, folder, maxFileBytes);
    files.set(path, file);
    return file;
  };
  const hashText = (migration: Pick<Migration, "script" | "name">, text: string) =>
    semanticHash(migration.script ? scriptTokens(text) : engine.syntax.tokens(text, migration.name));
  return {
    up: (migration) => read(migration.up),
    down: (migration) => (migration.down === null ? null : read(migration.down)),
    hashText,
    sqlHash(migration) {
      const known = hashes.get(migration.up);
      if (known !== undefined) return known;
      const hash = hashText(migration, read(migration.up).text);
      hashes.set(migration.up, hash);
      return hash;
    },
  };
}
