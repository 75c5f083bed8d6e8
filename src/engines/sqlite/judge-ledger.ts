import type { ObjectName } from "../../core/plan.ts";
import { type TokenReader, tokenReader } from "../../sql/token-reader.ts";
import type { Token } from "../../sql/tokenize.ts";
import type { Refuse } from "../../sql/verdict.ts";
import { ledgerTables } from "../engine.ts";

const tables: ReadonlySet<string> = new Set(ledgerTables.map((name) => `godwit_${name}`));

/** Refuses (GW2011) a statement that changes the ledger's tables or their rows. Reading is allowed. */
export function refuseLedger(text: string, tokens: readonly Token[], refuse: Refuse): void {
  const reader = tokenReader(text, tokens);
  const target = changedTable(reader);
  if (target === null || !isLedger(target)) return;
  throw refuse("GW2011", `table ${target.name} is the ledger's: what was applied is known from it alone.`);
}

// A table of another schema has only the name in common.
function isLedger({ schema, name }: ObjectName): boolean {
  return tables.has(name.toLowerCase()) && (schema === undefined || schema.toLowerCase() === "main");
}

/** The table that a statement changes; null where it changes none that has a name. */
function changedTable(reader: TokenReader): ObjectName | null {
  const verb = reader.peek();
  switch (verb) {
    case "DROP":
    case "ALTER":
      if (!reader.take(verb, "TABLE")) return null;
      reader.take("IF", "EXISTS");
      return reader.name("table");
    case "CREATE":
      reader.skip();
      if (!reader.take("TEMP")) reader.take("TEMPORARY");
      return reader.take("TRIGGER") && reader.seek("ON") ? reader.name("table") : null;
    case "WITH":
    case "INSERT":
    case "REPLACE":
    case "UPDATE":
    case "DELETE":
      return writtenTable(reader);
    default:
      return null;
  }
}

/** Common table expressions only read: the verb comes after them, outside of their parentheses. */
function writtenTable(reader: TokenReader): ObjectName | null {
  if (!reader.seek("INSERT", "REPLACE", "UPDATE", "DELETE")) return null;
  if (reader.take("OR")) reader.skip();
  if (!reader.take("INTO")) reader.take("FROM");
  return reader.name("table");
}
