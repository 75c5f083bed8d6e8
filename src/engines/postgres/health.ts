import type { Finding, HealthRole, Session } from "../engine.ts";
import { signalFindings } from "../signal-findings.ts";
import { errors } from "./errors.ts";
import { activityChecks } from "./health-activity.ts";
import { poolerChecks } from "./health-pooler.ts";
import { privilegeChecks } from "./health-privileges.ts";
import { serverChecks } from "./health-server.ts";
import { remnants } from "./remnants.ts";
import { signals } from "./signals.ts";

/** One thing that `doctor` looks at. It says something whatever it finds, so that nobody wonders whether it ran. */
export interface Check {
  readonly name: string;
  readonly run: (session: Session) => Promise<readonly Omit<Finding, "check">[]>;
}

const checks: readonly Check[] = [...serverChecks, ...poolerChecks, ...privilegeChecks, ...activityChecks];

export const health: HealthRole = {
  async findings(session) {
    const found: Finding[] = [];
    for (const { name, run } of checks) {
      for (const finding of await answers(session, run)) found.push({ check: name, ...finding });
    }
    return [...found, ...(await signalFindings(session, signals))];
  },
  remnants,
};

/** A check that the server refuses becomes a warning; only a lost connection ends the examination. */
async function answers(session: Session, run: Check["run"]): Promise<readonly Omit<Finding, "check">[]> {
  try {
    return await run(session);
  } catch (error) {
    const { kind, native, message } = errors.classify(error);
    if (kind === "connection-lost" || kind === "unreachable") throw error;
    return [{ status: "warning", message: `Could not be checked: ${message} (${native})` }];
  }
}
