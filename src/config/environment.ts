import { join } from "node:path";
import { parseEnv } from "node:util";
import { GodwitError } from "../core/error.ts";
import { readBoundedFile } from "./bounded-file.ts";

export interface Variable {
  readonly value: string;
  /** The `.env` file it was read from, or null for a real variable. */
  readonly file: string | null;
}

export type Environment = ReadonlyMap<string, Variable>;

/** The variables that name the database, the first that is set winning. */
export const urlVariables = ["GODWIT_URL", "DATABASE_URL"] as const;

const maxEnvBytes = 1024 * 1024;

/** The real variables, and those of `folder/.env` that are not set. `process.env` is left as it is. */
export async function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  folder: string,
): Promise<Environment> {
  const variables = new Map<string, Variable>();
  const file = join(folder, ".env");
  const content = await readBoundedFile(file, maxEnvBytes);
  if ("text" in content) {
    for (const [name, value] of Object.entries(parseEnv(content.text))) {
      if (value !== undefined) variables.set(name, { value, file });
    }
  } else if (content.problem !== "missing" && content.problem !== "not a regular file") {
    // A folder called .env is a habit of Python projects, so only a file that cannot be used is an error.
    throw new GodwitError("GW1006", {
      message: `The file ${file} is ${content.problem}.`,
      hint: "Make it readable UTF-8 text, or move it away.",
      details: { file },
    });
  }
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined) variables.set(name, { value, file: null });
  }
  return variables;
}

/**
 * The first of these variables that is really set, else the first of the `.env` file. A file that lies in the folder
 * never wins over what someone set for this process, whichever of the names they set.
 */
export function firstVariable<Name extends string>(
  env: Environment,
  names: readonly Name[],
): (Variable & { readonly name: Name }) | undefined {
  const found = names.flatMap((name) => {
    const variable = env.get(name);
    return variable === undefined ? [] : [{ name, ...variable }];
  });
  return found.find(({ file }) => file === null) ?? found[0];
}
