import { postgresLexicon } from "../../sql/lexicon.ts";
import { symbol, tokenize } from "../../sql/tokenize.ts";

// In PL/pgSQL a statement begins after one of these; ">>" closes a label.
const before = new Set([";", "BEGIN", "THEN", "ELSE", "LOOP", ">>"]);
const after = new Set([";", "AND", "WORK", "TRANSACTION"]);

/**
 * What a DO block's body does to the run: it ends the transaction (COMMIT or ROLLBACK as a statement), which
 * the server allows only outside of one, or releases the lock.
 */
export function endsTransaction(body: string): { readonly ends: boolean; readonly unlocksAll: boolean } {
  const found = { ends: false, unlocksAll: false };
  if (!/commit|rollback|pg_advisory_unlock_all/i.test(body)) return found;
  const tokens = tokenize(body, postgresLexicon).filter((token) => token.kind !== "comment");
  const signs = tokens.map((token) => symbol(body, token));
  for (const [index, sign] of signs.entries()) {
    const next = signs[index + 1] ?? "";
    if (sign === "COMMIT" || sign === "ROLLBACK") {
      found.ends ||= before.has(signs[index - 1] ?? "") && after.has(next);
    }
    found.unlocksAll ||= sign === "PG_ADVISORY_UNLOCK_ALL" && next === "(";
  }
  return found;
}
