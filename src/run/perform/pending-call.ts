/**
 * A promise that knows whether anyone waits for it. A call whose result nobody awaits may fail unseen, so a
 * script that forgets one must not count as done.
 */
export class PendingCall<T> implements Promise<T> {
  readonly [Symbol.toStringTag] = "Promise";
  /** Whether `then`, `catch` or `finally` was called. */
  isAwaited = false;
  isSettled = false;
  readonly sql: string;
  readonly #promise: Promise<T>;

  constructor(sql: string, promise: Promise<T>) {
    this.sql = sql;
    this.#promise = promise;
    // Its failure is reported at the script's end; it must not end the process.
    promise
      .catch(() => {})
      .finally(() => {
        this.isSettled = true;
      });
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise
  then<A = T, B = never>(
    onDone?: ((value: T) => A | PromiseLike<A>) | null,
    onFailed?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isAwaited = true;
    return this.#promise.then(onDone, onFailed);
  }

  catch<B = never>(onFailed?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    this.isAwaited = true;
    return this.#promise.catch(onFailed);
  }

  finally(onEnd?: (() => void) | null): Promise<T> {
    this.isAwaited = true;
    return this.#promise.finally(onEnd);
  }
}
