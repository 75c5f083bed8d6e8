import { GodwitError } from "../../core/error.ts";

/** What the file system said, with the file and what was wanted of it. An error of ours stays as it is. */
export function fileRefused(
  what: "read" | "written" | "removed" | "read or written",
  file: string,
  error: unknown,
): GodwitError {
  if (error instanceof GodwitError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  return new GodwitError("GW2613", {
    message: `${file} could not be ${what}: ${message}`,
    details: { file, native: code ?? null },
    cause: error,
  });
}
