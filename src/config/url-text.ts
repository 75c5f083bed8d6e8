import { GodwitError } from "../core/error.ts";

/** How to write what a URL cannot hold as it is. Without a sample of the URL: it may hold the password. */
export const encodingHint =
  "Percent-encode special characters of the user name, password and database: " +
  "@ is %40, : %3A, / %2F, ? %3F, # %23, % %25, & %26, $ %24, ; %3B, space %20, ' %27, ( %28, ) %29.";

/** GW1003. The message never holds text of the URL beyond names that Godwit knows. */
export function urlError(message: string, hint?: string): GodwitError {
  return new GodwitError("GW1003", { message, ...(hint === undefined ? {} : { hint }) });
}

const longestUrl = 8192;

/**
 * White space, control and invisible characters; the POSIX shell's operators, quotes and expansions; what RFC 3986
 * leaves out; and #, which would cut the URL short. `?` and `&` are a URL's own and are judged by position, the
 * others are refused wherever they stand, also in a password: encoded they are harmless.
 */
const refused = /[\s\p{Cc}\p{Cf}\p{Cs}\p{Z};|<>(){}$`"'\\^#]/u;

/** Refuses a URL that is too long, or holds white space, control characters or shell metacharacters. */
export function checkUrlCharacters(url: string): void {
  if (url.length > longestUrl) throw urlError(`The connection URL is longer than ${longestUrl} characters.`);
  if (refused.test(url)) {
    throw urlError(
      "The connection URL holds a character that must be percent-encoded: white space, a control character, #, or one of ; | < > ( ) { } $ ` \" ' \\ ^.",
      encodingHint,
    );
  }
}

/** Percent-decoding that refuses bad escapes, invalid UTF-8 and NUL; `part` names the part in the message. */
export function decodePart(text: string, part: string): string {
  let decoded: string;
  try {
    decoded = decodeURIComponent(text);
  } catch {
    throw urlError(
      `The ${part} of the connection URL has a % that does not begin a valid UTF-8 escape.`,
      encodingHint,
    );
  }
  if (decoded.includes("\0")) {
    throw urlError(`The ${part} of the connection URL holds a NUL (%00), which no server accepts.`);
  }
  return decoded;
}

/** Percent-encoding of everything that is not plainly allowed, so that the result passes {@link checkUrlCharacters}. */
export function encodePart(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
