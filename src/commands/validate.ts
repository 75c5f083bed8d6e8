import { type ValidationReport, validateProject } from "../migrate/index.ts";
import { openProject, type ProjectOptions } from "./options.ts";

/** Checks files, history and their agreement, and finds every problem. Changes nothing. */
export async function validate(options: ProjectOptions = {}): Promise<ValidationReport> {
  return validateProject(await openProject(options));
}
