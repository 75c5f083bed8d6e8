import { createContext, Script } from "node:vm";

const call = new Script("work()");

/**
 * Does work that may never end by itself, such as an expression with many ways to match, and that nothing else could stop:
 * signals are heard only between two pieces of work. Null where it took longer.
 */
export function withinTime<T>(ms: number, work: () => T): { readonly result: T } | null {
  try {
    return { result: call.runInContext(createContext({ work }), { timeout: ms }) as T };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_SCRIPT_EXECUTION_TIMEOUT") return null;
    throw error;
  }
}
