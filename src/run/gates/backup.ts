import { isOfDatabase, readArtifacts } from "../artifact-ledger.ts";
import { failed, type Gate, type GateContext, passed, skipped } from "./gate.ts";

/** A backup that is young enough and whose restore was compared: anything else is none. */
export const backupGate: Gate = async (context) => {
  const limitMs = context.policy.demands.backupMs;
  if (limitMs === null) return null;
  const newest = await newestBackup(context);
  if (newest !== null) {
    const ageMs = Date.parse(context.facts.now) - Date.parse(newest.madeAt);
    const is = `${newest.name} of ${newest.madeAt}, restored and compared ${newest.verifiedAt}`;
    return ageMs <= limitMs ? passed(is) : failed(`the newest tested backup is too old: ${is}`);
  }
  const { tables } = await context.engine.inspect.schema(context.session);
  if (tables.length === 0) return skipped("there are no tables that could be lost");
  return failed(
    "no backup is recorded whose restore was tested: `godwit backup create`, then `godwit backup verify`",
  );
};

async function newestBackup(context: GateContext) {
  const found = await readArtifacts(context.engine, context.session, "backup");
  const newest = found.find(
    (each) => each.state === "verified" && each.verifiedAt !== null && isOfDatabase(each, context.facts),
  );
  return newest === undefined
    ? null
    : { name: newest.name, madeAt: newest.createdAt, verifiedAt: newest.verifiedAt };
}
