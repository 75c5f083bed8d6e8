import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Session } from "../engines/engine.ts";
import type { Project } from "./project.ts";

/** The first line of every schema file. By it a later run knows that the file is its own to overwrite. */
const header = "-- Written by Godwit after each run. Do not edit: the next run overwrites it.\n";

/**
 * Writes the schema as SQL beside the migrations, so that a review shows what a migration did to it. Written
 * aside and renamed; left alone when nothing changed. A file that Godwit did not write is never overwritten, wherever
 * the setting or a link leads. A failure is a warning: the run itself has succeeded.
 */
export async function writeSchemaFile(project: Project, session: Session): Promise<void> {
  const { schemaFile, engine, emit } = project;
  if (schemaFile === null) return;
  try {
    const schema = await engine.inspect.dump(session);
    const text = schema === "" ? header : `${header}\n${schema}`;
    const before = textOf(schemaFile);
    if (text === before) return;
    if (before !== null && before !== "" && !before.replaceAll("\r\n", "\n").startsWith(header)) {
      throw new Error(
        "it does not begin with the line that Godwit writes, so it is somebody else's file, and is left as it was; move it away, or name another file as schemaFile",
      );
    }
    mkdirSync(dirname(schemaFile), { recursive: true });
    const aside = `${schemaFile}.new`;
    // A run that was killed may have left one, in part. What is not ours stays, and a link is never followed.
    const left = textOf(aside);
    if (left !== null && header.startsWith(left.slice(0, header.length))) rmSync(aside);
    writeFileSync(aside, text, { flag: "wx" });
    renameSync(aside, schemaFile);
    emit({ type: "schema-file:written", file: schemaFile });
  } catch (error) {
    const message = `the schema file ${schemaFile} could not be written: ${(error as Error).message}`;
    emit({ type: "warning:raised", code: "GW1006", message });
  }
}

/** Null where there is no file. Asks first, because to open a pipe would wait for a writer for ever. */
function textOf(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return null;
  if (!stat.isFile()) throw new Error(`${path} is no regular file`);
  return readFileSync(path, "utf8");
}
