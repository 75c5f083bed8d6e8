import { type ValidationReport, validateProject } from "../migrate/index.ts";
import { checkOptions } from "./check-options.ts";
import { openProject, type ProjectOptions } from "./options.ts";

/** Checks files, history and their agreement, and finds every problem. Changes nothing. */
export async function validate(options: ProjectOptions = {}): Promise<ValidationReport> {
  checkOptions("validate", options);
  return validateProject(await openProject(options));
}
