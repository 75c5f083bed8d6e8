import type { DigestRole } from "../../engines/data-roles.ts";

/** The role with its errors told as those of its side: which of the two servers failed is not in what a driver throws. */
export function toldRole(role: DigestRole, failure: (error: unknown) => unknown): DigestRole {
  const told =
    <A extends readonly unknown[], R>(ask: (...given: A) => Promise<R>) =>
    (...given: A): Promise<R> =>
      ask(...given).catch((error: unknown) => {
        throw failure(error);
      });
  return {
    slice: told(role.slice),
    buckets: told(role.buckets),
    count: told(role.count),
    bounds: told(role.bounds),
    values: told(role.values),
    async *hashes(...given) {
      try {
        yield* role.hashes(...given);
      } catch (error) {
        throw failure(error);
      }
    },
    ...(role.ownHashes === undefined ? {} : { ownHashes: told(role.ownHashes) }),
  };
}
