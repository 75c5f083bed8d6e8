/** Works through the items, at most `width` at a time. All are tried; the first failure is thrown at the end. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const failures: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      await work(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
  if (failures.length > 1) {
    const messages = failures.map((failure) => String((failure as Error).message).split("\n")[0]);
    throw new AggregateError(failures, `${failures.length} failed:\n${messages.join("\n")}`, {
      cause: failures[0],
    });
  }
  if (failures.length === 1) throw failures[0];
}
