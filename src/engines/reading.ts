import type { ErrorKind, ErrorsRole, Reading } from "./engine.ts";

const lost: ReadonlySet<ErrorKind> = new Set(["connection-lost", "timeout", "unreachable", "starting-up"]);

/**
 * What `ask` gives, or why the server refuses it. Only a lost connection rejects. `remedy` is what to do where a
 * privilege is missing.
 */
export async function reading<T>(
  errors: ErrorsRole,
  remedy: string | undefined,
  ask: () => Promise<Reading<T>>,
): Promise<Reading<T>> {
  try {
    return await ask();
  } catch (error) {
    const { kind, message } = errors.classify(error);
    if (lost.has(kind)) throw error;
    return {
      unknown: message,
      ...(kind === "permission" && remedy !== undefined ? { remedy, withheld: true } : {}),
    };
  }
}
