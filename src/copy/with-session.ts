import { GodwitError } from "../core/error.ts";
import type { Session } from "../engines/engine.ts";
import { sessionOutside } from "../run/session-outside.ts";
import type { CopyProject } from "./project.ts";

/** Works on a session of one side that only reads, outside of any run. */
export async function withSession<T>(
  project: CopyProject,
  which: "source" | "target",
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { engine, target } = project[which];
  const { settings, emit } = project;
  const session = await sessionOutside({ engine, target, settings, emit }, { statementTimeoutMs: 0 });
  try {
    return await work(session);
  } catch (error) {
    throw sideFailure(project, which)(error);
  } finally {
    await session.close();
  }
}

/** Makes an error of a side's server one that names it. */
export function sideFailure(project: CopyProject, which: "source" | "target"): (error: unknown) => unknown {
  const { engine, target } = project[which];
  return (error) => {
    if (error instanceof GodwitError) return error;
    const native = engine.errors.classify(error);
    return new GodwitError("GW7001", {
      message: `${target.display}: ${native.message}`,
      details: { side: which, native: native.native },
      cause: error,
    });
  };
}
