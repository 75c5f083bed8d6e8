import { FirstFailure } from "./first-failure.ts";

export interface AtOnce<T, W, R> {
  readonly signal?: AbortSignal | undefined;
  /** `stop` is aborted by `signal`, and when the work of another one has failed. */
  readonly work: (item: T, worker: W, stop: AbortSignal) => Promise<R>;
  /** There is nothing more for a worker, while others may still work. */
  readonly rests?: ((worker: W) => void) | undefined;
}

/** Each worker does one item after another. Gives the results in the items' order; throws what failed first. */
export async function severalAtOnce<T, W, R>(
  items: readonly T[],
  workers: readonly W[],
  { signal, work, rests }: AtOnce<T, W, R>,
): Promise<R[]> {
  const results: R[] = [];
  const failure = new FirstFailure();
  const failed = new AbortController();
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const left = [...items.entries()];
  const takeItems = async (worker: W) => {
    for (let next = left.shift(); next !== undefined && !failure.hasCome; next = left.shift()) {
      const [index, item] = next;
      try {
        results[index] = await work(item, worker, stop);
      } catch (error) {
        failure.note(error);
        failed.abort();
      }
    }
    rests?.(worker);
  };
  await Promise.all(workers.map(takeItems));
  failure.throwIfCome();
  return results;
}
