import { GodwitError } from "../core/error.ts";
import type { Target } from "../core/target.ts";
import type { Session } from "../engines/engine.ts";
import { inScratchDatabase } from "../run/scratch-database.ts";
import type { Project } from "./project.ts";
import { reading } from "./read.ts";

/**
 * Works in a database that has the target's schema and none of its rows: one that is made beside it and dropped after,
 * or the given one, which must be empty and is emptied again. An interruption keeps neither from happening.
 */
export async function inScratch<T>(
  project: Project,
  given: Target | null,
  work: (scratch: Project) => Promise<T>,
): Promise<T> {
  const role = backupRole(project);
  const schema = await reading(project, (session) => project.engine.inspect.dump(session));
  const loaded = async (target: Target) => {
    const scratch: Project = { ...project, target, schemaFile: null };
    await reading(scratch, (session) => load(scratch, session, schema));
    return work(scratch);
  };
  return given === null
    ? inScratchDatabase(project, role, failure, loaded)
    : emptiedAfter({ ...project, target: given }, () => loaded(given));
}

const failure = {
  code: "GW8109",
  hint: "Name an empty one as `scratch` in the configuration, or give the right to create databases.",
} as const;

async function emptiedAfter<T>(scratch: Project, work: () => Promise<T>): Promise<T> {
  await refuseInhabited(scratch);
  try {
    return await work();
  } finally {
    const unstoppable = { ...scratch, signal: undefined };
    await reading(unstoppable, (session) => empty(scratch, session)).catch((error: unknown) => {
      const message = `the scratch database could not be emptied: ${(error as Error).message}`;
      scratch.emit({ type: "warning:raised", code: "GW8109", message });
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
