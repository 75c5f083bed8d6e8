import { GodwitError } from "../core/error.ts";

/** Settles as the work does, or rejects with GW3010 when it has not within the bound; 0 is no bound. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  if (ms === 0) return work;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const message = `${what}: no answer within ${ms} ms`;
      reject(new GodwitError("GW3010", { message, outcome: "unknown" }));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}
