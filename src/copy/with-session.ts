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

/** As `withSession`, with some sessions of each side that work in pairs; none where a server is this process. */
export async function withPairs<T>(
  project: CopyProject,
  count: number,
  work: (pairs: readonly SessionPair[]) => Promise<T>,
): Promise<T> {
  const { source, target } = project;
  const isServed = [source, target].every(({ engine }) => engine.traits.statementsOutliveClient);
  if (count < 1 || !isServed) return work([]);
  return withSession(project, "source", (reader) =>
    withSession(project, "target", (other) =>
      withPairs(project, count - 1, (pairs) => work([{ reader, other }, ...pairs])),
    ),
  );
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
