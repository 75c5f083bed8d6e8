import type { ProjectOptions } from "../../commands/options.ts";
import type { Invocation } from "../command-spec.ts";
import { noteOf } from "../event-notes.ts";
import { projectOptions } from "./project-options.ts";

/** Options for a command that only reads: warnings go to stderr as lines, and stdout has the result alone. */
export function readingOptions(invocation: Invocation): ProjectOptions {
  const { err } = invocation.output;
  return projectOptions(invocation, (event) => {
    const note = noteOf(event, err.paint);
    if (note !== null) err.write(`${note}\n`);
  });
}
