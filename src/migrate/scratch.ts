import { randomBytes } from "node:crypto";
import { GodwitError } from "../core/error.ts";
import type { Target } from "../core/target.ts";
import type { Session } from "../engines/engine.ts";
import type { Project } from "./project.ts";
import { reading } from "./read.ts";

/**
 * Works in a database that has the target's schema and none of its rows: one that is made beside it and dropped after,
 * or the given one, which must be empty and is emptied again.
 */
export async function inScratch<T>(
  project: Project,
  given: Target | null,
  work: (scratch: Project) => Promise<T>,
): Promise<T> {
  const role = backupRole(project);
  const schema = await reading(project, (session) => project.engine.inspect.dump(session));
  const name = `godwit_scratch_${randomBytes(6).toString("hex")}`;
  const target = given ?? role.scratch.target(project.target, name);
  const scratch: Project = { ...project, target, schemaFile: null };
  if (given === null) await make(project, name);
  else await refuseInhabited(scratch);
  const remove = () =>
    given === null
      ? reading(project, (session) => role.scratch.drop(session, name))
      : reading(scratch, (session) => empty(scratch, session));
  try {
    await reading(scratch, (session) => load(scratch, session, schema));
    return await work(scratch);
  } finally {
    await remove().catch((error: unknown) => {
      const what =
        given === null ? `the scratch database ${name} could not be dropped` : "it could not be emptied";
      const message = `${what}, and is left: ${(error as Error).message}`;
      project.emit({ type: "warning:raised", code: "GW8109", message });
    });
  }
}

async function make(project: Project, name: string): Promise<void> {
  const { engine, target } = project;
  try {
    await reading(project, (session) => backupRole(project).scratch.create(session, name));
  } catch (error) {
    throw new GodwitError("GW8109", {
      message: `a scratch database could not be made beside ${target.display}: ${engine.errors.classify(error).message}`,
      hint: "Name an empty one as `scratch` in the configuration, or give the right to create databases.",
      cause: error,
    });
  }
}

async function refuseInhabited(scratch: Project): Promise<void> {
  const found = await reading(scratch, (session) => backupRole(scratch).inhabitants(session));
  if (found.length === 0) return;
  throw new GodwitError("GW8109", {
    message: `the scratch database ${scratch.target.display} is not empty: it has ${found.slice(0, 5).join(", ")}`,
    hint: "Name a database that holds nothing: what a rehearsal makes in it is dropped.",
  });
}

/** The text that the engine writes of a schema, read by the engine's own splitter. */
async function load({ engine }: Project, session: Session, schema: string): Promise<void> {
  if (schema.trim() === "") return;
  for (const statement of engine.syntax.statements(schema, "the target's schema")) {
    await session.execute(statement.text).catch((error: unknown) => {
      throw new GodwitError("GW8109", {
        message: `the target's schema could not be made in the scratch database: ${engine.errors.classify(error).message}, at ${statement.text.slice(0, 200)}`,
        cause: error,
      });
    });
  }
}

async function empty(scratch: Project, session: Session): Promise<void> {
  for (const { sql } of await backupRole(scratch).clear(session)) await session.execute(sql);
}

function backupRole({ engine }: Project) {
  if (engine.backup !== undefined) return engine.backup;
  throw new GodwitError("GW8109", {
    message: `${engine.traits.title} has no scratch databases: nothing can be rehearsed`,
  });
}
