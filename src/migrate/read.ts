import type { ServerFacts, Session } from "../engines/engine.ts";
import { GodwitError } from "../core/error.ts";
import { connectionFailure } from "../run/failure.ts";
import { type LedgerState, readLedger } from "../run/ledger.ts";
import { sessionOutside } from "../run/session-outside.ts";
import { within } from "../run/within.ts";
import type { Project } from "./project.ts";

/** Works on a session that only reads, outside of any run: no lock is taken and no ledger is made. */
export async function reading<T>(project: Project, work: (session: Session) => Promise<T>): Promise<T> {
  const { engine, target } = project;
  const session = await sessionOutside(project);
  try {
    return await within(readingMs, target.display, untilAborted(work(session), project.signal));
  } catch (error) {
    const { kind } = engine.errors.classify(error);
    throw kind === "connection-lost" ? connectionFailure(engine, target, error) : error;
  } finally {
    await session.close();
  }
}

/** Status and the like ask quick questions; one that is not answered in this time will not be. */
const readingMs = 60_000;

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(new GodwitError("GW4006", { message: "interrupted while reading" }));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

export interface Reading {
  readonly session: Session;
  readonly state: LedgerState;
  readonly facts: ServerFacts;
}

export async function readingLedger<T>(project: Project, work: (reading: Reading) => Promise<T>): Promise<T> {
  return reading(project, async (session) => {
    const facts = await project.engine.connect.facts(session);
    return work({ session, facts, state: await readLedger(project.engine, session) });
  });
}
