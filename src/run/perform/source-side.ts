import { GodwitError } from "../../core/error.ts";
import type { ChunkRole, ReadRole, SnapshotRole } from "../../engines/data-roles.ts";
import type { Side } from "../crew.ts";
import { lostKinds } from "../failure.ts";
import type { StepContext } from "./context.ts";

/** The side that is read, with the roles that reading takes. */
export interface SourceSide extends Side {
  readonly read: ReadRole;
  readonly chunk: ChunkRole;
  readonly snapshot: SnapshotRole;
}

/** Throws GW9001 where the plan has no source, GW7006 where its engine can't be read. */
export function sourceOf({ crew }: StepContext): SourceSide {
  const { source } = crew;
  if (source === null) throw new GodwitError("GW9001", { message: "a step that reads a source has none" });
  const { read, chunk, snapshot, traits } = source.engine;
  if (read === undefined || chunk === undefined || snapshot === undefined) {
    throw new GodwitError("GW7006", { message: `${traits.title} cannot be copied from` });
  }
  return { ...source, read, chunk, snapshot };
}

/** An error of the source's server, told as such: the target's engine would not know it. */
export function sourceFailure(source: Side, error: unknown): GodwitError {
  if (error instanceof GodwitError) return error;
  const native = source.engine.errors.classify(error);
  return new GodwitError("GW7001", {
    message: `${source.target.display}: ${native.message}`,
    details: {
      side: "source",
      kind: lostKinds.has(native.kind) ? native.kind : "other",
      native: native.native,
    },
    cause: error,
  });
}
