import { GodwitError } from "../core/error.ts";
import { catalog, type CatalogEntry, type ErrorCode } from "../core/error-catalog.ts";

/** The catalogue's entry of an error code, in any case of letters, with or without "GW". Throws GW1001. */
export function explain(code: string): CatalogEntry & { readonly code: ErrorCode } {
  // From JavaScript anything can come.
  if (typeof code !== "string") {
    throw new GodwitError("GW1001", { message: `explain: the code is a ${typeof code}: expected text` });
  }
  const wanted = code.toUpperCase().replace(/^(?!GW)/, "GW");
  if (Object.hasOwn(catalog, wanted)) return { code: wanted as ErrorCode, ...catalog[wanted as ErrorCode] };
  throw new GodwitError("GW1001", {
    message: `there is no error ${JSON.stringify(code)}`,
    hint: `Known codes: ${Object.keys(catalog).join(", ")}.`,
  });
}
