import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Session } from "../engines/engine.ts";
import type { Project } from "./project.ts";

/**
 * Writes the schema as SQL beside the migrations, so that a review shows what a migration did to it. Written
 * aside and renamed; left alone when nothing changed. A failure is a warning: the run itself has succeeded.
 */
export async function writeSchemaFile(project: Project, session: Session): Promise<void> {
  const { schemaFile, engine, emit } = project;
  if (schemaFile === null) return;
  try {
    const text = await engine.inspect.dump(session);
    if (text === existing(schemaFile)) return;
    mkdirSync(dirname(schemaFile), { recursive: true });
    writeFileSync(`${schemaFile}.new`, text);
    renameSync(`${schemaFile}.new`, schemaFile);
    emit({ type: "schema-file:written", file: schemaFile });
  } catch (error) {
    const message = `the schema file ${schemaFile} could not be written: ${(error as Error).message}`;
    emit({ type: "warning:raised", code: "GW1006", message });
  }
}

function existing(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
