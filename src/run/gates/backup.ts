import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { fileState } from "../archive/file-state.ts";
import { type Artifact, isOfDatabase, missingOf, readArtifacts } from "../artifact-ledger.ts";
import { failed, type Gate, passed, skipped } from "./gate.ts";

/** A whole backup that is young enough, whose restore was compared, and whose file is still there: else there is none. */
export const backupGate: Gate = async ({ engine, session, facts, policy }) => {
  const limitMs = policy.demands.backupMs;
  if (limitMs === null) return null;
  const proved = (await readArtifacts(engine, session, "backup")).filter(
    (each) => each.state === "verified" && each.verifiedAt !== null && isOfDatabase(each, facts),
  );
  const reasons: string[] = [];
  for (const artifact of proved) {
    const { name, createdAt, verifiedAt } = artifact;
    const is = `${name} of ${createdAt}, restored and compared ${verifiedAt}`;
    if (Date.parse(facts.now) - Date.parse(createdAt) > limitMs) {
      reasons.push(`the newest tested backup is too old: ${is}`);
      break;
    }
    const missing = missingOf(artifact);
    if (missing.length > 0) {
      reasons.push(`a tested backup is not whole, it lacks ${missing.join(", ")}: ${is}`);
      continue;
    }
    const { problem, note } = await look(artifact);
    if (problem === null) return passed(`${is}${note}`);
    reasons.push(`${problem}: ${is}`);
  }
  if (reasons.length > 0) return failed(reasons.join("; "));
  const { tables } = await engine.inspect.schema(session);
  if (tables.length === 0) return skipped("there are no tables that could be lost");
  return failed(
    "no backup is recorded whose restore was tested: `godwit backup create`, then `godwit backup verify`",
  );
};

interface Looked {
  /** Why it is no backup any more; null where it is one, or nobody here can tell. */
  readonly problem: string | null;
  readonly note: string;
}

/** Where its folder is not on this machine, what the ledger says has to be enough, and that is said. */
async function look({ name, body }: Artifact): Promise<Looked> {
  const unseen = { problem: null, note: "; its file could not be looked at from here" };
  const folder = await stat(dirname(name)).catch(() => null);
  if (folder === null || !folder.isDirectory()) return unseen;
  const state = await fileState(name, body as { bytes?: number; sha256?: string });
  if (state === "unreadable") return unseen;
  if (state === "intact") return { problem: null, note: "" };
  const problem =
    state === "missing" ? "a tested backup's file is gone" : "a tested backup's file was altered";
  return { problem, note: "" };
}
