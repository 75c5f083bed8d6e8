import { confirmedName, identityText } from "../run/gates/environment.ts";
import { reading } from "../migrate/index.ts";
import { openProject, type ProjectOptions } from "./options.ts";

/** The name that has to be typed before this database is changed, and what the server says it is; null: none. */
export async function nameToConfirm(
  options: ProjectOptions,
): Promise<{ readonly name: string; readonly identity: string } | null> {
  const project = await openProject(options);
  if (!project.gates.demands.confirm) return null;
  return reading(project, async (session) => {
    const facts = await project.engine.connect.facts(session);
    return { name: confirmedName(facts), identity: identityText(facts) };
  });
}
