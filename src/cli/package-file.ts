import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The path of a file that ships with the package, whether this module runs as source or as a bundle. */
export function packageFile(name: string): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, name);
}
