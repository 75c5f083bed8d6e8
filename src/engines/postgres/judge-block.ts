import { postgresLexicon } from "../../sql/lexicon.ts";
import { symbol, type Token, tokenize, tokenText } from "../../sql/tokenize.ts";
import type { Refuse } from "../../sql/verdict.ts";
import { isRunLock, unlocks } from "./judge-calls.ts";
import { isOff, readOnlyRefusal } from "./judge-setting.ts";

// In PL/pgSQL a statement begins after one of these; ">>" closes a label.
const before = new Set([";", "BEGIN", "THEN", "ELSE", "LOOP", ">>"]);
const after = new Set([";", "AND", "WORK", "TRANSACTION"]);

/** Whether a DO block's body ends the transaction it runs in, which the server allows only outside of one. */
export interface BlockEnds {
  /** COMMIT or ROLLBACK is a statement of it. */
  readonly ends: boolean;
  /** What it calls may, or it is written in another language: such a word stands somewhere in it. */
  readonly mayEnd: boolean;
}

export function endsTransaction(body: string): BlockEnds {
  // spi_commit() of PL/Perl and plpy.commit() count as well.
  const mayEnd = /\bcall\b|commit|rollback/i.test(body);
  if (!mayEnd) return { ends: false, mayEnd };
  const signs = tokensOf(body).map((token) => symbol(body, token));
  const ends = signs.some(
    (sign, index) =>
      (sign === "COMMIT" || sign === "ROLLBACK") &&
      before.has(signs[index - 1] ?? "") &&
      after.has(signs[index + 1] ?? ""),
  );
  return { ends, mayEnd };
}

const unlock = /\b(pg_advisory_unlock(?:_all)?) \( ([^)]*)/gi;
const setReadOnly = /\bset (?:(?:session|local) )?(?:default_)?transaction_read_only (?:=|to) '?(\w*)/gi;
const configReadOnly = /\bset_config \( '(?:default_)?transaction_read_only'(?: :: \w+)? , '?(\w*)/gi;
const readOnlyMode =
  /\bset (?:session characteristics as |local |session )?transaction (?:[^;]*? )?read only\b/i;

/** Refuses (GW2011) a DO block whose body takes from the run its lock, or its right to write. */
export function refuseBlock(body: string, refuse: Refuse): void {
  if (!/pg_advisory_unlock|read/i.test(body)) return;
  for (const text of readings(body)) {
    for (const [, name = "", args = ""] of text.matchAll(unlock)) {
      const values = args.split(",").map((value) => value.replace(/::.*/s, "").replaceAll("'", ""));
      if (/_all$/i.test(name) || isRunLock(values)) throw refuse("GW2011", unlocks(name.toLowerCase()));
    }
    const values = [...text.matchAll(setReadOnly), ...text.matchAll(configReadOnly)].map(
      ([, value]) => value,
    );
    const isReset = (value: string) => value.toLowerCase() === "default";
    if (
      readOnlyMode.test(text) ||
      values.some((value = "") => !isOff(value.toLowerCase()) && !isReset(value))
    )
      throw refuse("GW2011", readOnlyRefusal);
  }
}

/** The body with single spaces and without quotes around names; and, where it executes texts, each of these. */
function readings(body: string): string[] {
  const tokens = tokensOf(body);
  const texts = tokens.filter(({ kind }) => kind === "string").map((token) => contentOf(body, token));
  const executes = tokens.some((token) => symbol(body, token) === "EXECUTE");
  return [spaced(body, tokens), ...(executes ? texts.map((text) => spaced(text, tokensOf(text))) : [])];
}

function spaced(text: string, tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      const content = contentOf(text, token);
      if (token.kind === "name") return content;
      // A text is no code; a value is short.
      return token.kind === "string" ? `'${/^\w*$/.test(content) ? content : ""}'` : tokenText(text, token);
    })
    .join(" ")
    .replaceAll(" . ", ".")
    .replaceAll(/\bpg_catalog\./gi, "");
}

function contentOf(text: string, token: Token): string {
  const written = tokenText(text, token);
  if (written.startsWith("$")) return written.replaceAll(/^\$\w*\$|\$\w*\$$/g, "");
  return written.replace(/^\w?&?(["'])(.*)\1$/s, "$2").replaceAll("''", "'");
}

function tokensOf(text: string): Token[] {
  return tokenize(text, postgresLexicon).filter((token) => token.kind !== "comment");
}
