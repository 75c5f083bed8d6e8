import { GodwitError } from "../core/error.ts";
import type { Session } from "../engines/engine.ts";
import { connectionFailure } from "../run/failure.ts";
import { openSession } from "../run/open-session.ts";
import type { CopyProject } from "./project.ts";

/** Works on a session of one side that only reads, outside of any run. */
export async function withSession<T>(
  project: CopyProject,
  which: "source" | "target",
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { engine, target } = project[which];
  const { settings, emit } = project;
  let session: Session;
  try {
    session = await openSession(engine, target, {
      tag: "godwit read",
      connectTimeoutMs: settings.connectTimeoutMs,
      lockTimeoutMs: settings.lockTimeoutMs,
      statementTimeoutMs: 0,
      onNotice: (severity, message) => emit({ type: "server:noticed", severity, message }),
    });
  } catch (error) {
    throw connectionFailure(engine, target, error);
  }
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
