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
  const session = await openSide(project, which);
  try {
    return await work(session);
  } catch (error) {
    throw sideFailure(project, which)(error);
  } finally {
    await session.close();
  }
}

function openSide(project: CopyProject, which: "source" | "target"): Promise<Session> {
  const { settings, emit } = project;
  return sessionOutside({ ...project[which], settings, emit }, { statementTimeoutMs: 0 });
}

/**
 * As `withSession`, with some sessions of each side that work in pairs; none where a server is this process, and fewer
 * where it lets no more in.
 */
export async function withPairs<T>(
  project: CopyProject,
  count: number,
  work: (pairs: readonly SessionPair[]) => Promise<T>,
): Promise<T> {
  const { source, target, emit } = project;
  const isServed = [source, target].every(({ engine }) => engine.traits.statementsOutliveClient);
  const wanted = isServed ? count : 0;
  const pairs: SessionPair[] = [];
  await using opened = new AsyncDisposableStack();
  const open = async (which: "source" | "target") => {
    const session = await openSide(project, which);
    opened.defer(() => session.close());
    return session;
  };
  try {
    while (pairs.length < wanted) pairs.push({ reader: await open("source"), other: await open("target") });
  } catch (error) {
    if (!(error instanceof GodwitError) || error.code !== "GW3001") throw error;
    const message = `${pairs.length + 1} of ${count + 1} tables are compared at once: ${error.message}`;
    emit({ type: "warning:raised", code: error.code, message });
  }
  return await work(pairs);
}

/** A session of the source, and one of the target. */
export interface SessionPair {
  readonly reader: Session;
  readonly other: Session;
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
