import { type Stats, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { GodwitError } from "../core/error.ts";

/** The forms a configuration file can have. */
export const configFileNames: readonly string[] = ["yaml", "yml", "json", "ts", "mjs"].map(
  (extension) => `godwit.config.${extension}`,
);

/** Near misses: to pass them over would mean to run with defaults that nobody chose. */
const unreadNames = ["js", "cjs", "mts", "cts", "toml"].map((extension) => `godwit.config.${extension}`);

/** Deeper folders than this do not occur; it bounds the way up. */
const maxFolders = 256;

/**
 * The configuration file of `folder` or of the nearest folder above it that has one, not further up than one with
 * `.git` in it. Null where there is none. Throws GW1004 for two in one folder and for forms that are not read.
 */
export function findConfig(folder: string): string | null {
  const start = resolve(folder);
  let current = start;
  for (let level = 0; level < maxFolders; level++) {
    const found = configIn(current);
    if (found !== null) {
      if (current !== start) refuseForeign(current);
      return found;
    }
    const parent = dirname(current);
    if (parent === current || stat(join(current, ".git")) !== undefined) return null;
    current = parent;
  }
  return null;
}

function configIn(folder: string): string | null {
  const found = configFileNames.filter((name) => stat(join(folder, name)) !== undefined);
  const unread = unreadNames.find((name) => stat(join(folder, name)) !== undefined);
  if (unread !== undefined) {
    throw configError(
      `${join(folder, unread)} is not a form of configuration that Godwit reads.`,
      `Name it one of ${configFileNames.join(", ")}.`,
    );
  }
  if (found.length > 1) {
    throw configError(
      `There are several configuration files in ${folder}: ${found.join(", ")}.`,
      "Keep one of them, or name it with --config.",
    );
  }
  return found[0] === undefined ? null : join(folder, found[0]);
}

/** In a folder such as /tmp anyone could leave a configuration (code, even) for whoever works below it. */
function refuseForeign(folder: string): void {
  if (((stat(folder)?.mode ?? 0) & 0o002) === 0) return;
  throw configError(
    `The configuration found in ${folder} is not used: everyone can write in that folder.`,
    "Name it with --config if it is yours.",
  );
}

function stat(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    throw new GodwitError("GW1006", {
      message: `Godwit cannot look at ${path} in search of its configuration.`,
      cause: error,
    });
  }
}

function configError(message: string, hint: string): GodwitError {
  return new GodwitError("GW1004", { message, hint });
}
