import type { Value, Write } from "../engine.ts";

/**
 * A MariaDB block that makes the writes and commits, in one round trip. Each write must hit one row; otherwise the
 * block ends there with an integrity error, and nothing is committed. Values are written in hexadecimal, so no
 * setting of the session can make anything else of them.
 */
export function ledgerBlock(writes: readonly Write[], begins: boolean): string {
  const guard =
    "IF ROW_COUNT() <> 1 THEN SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1048, MESSAGE_TEXT = 'no such epoch'; END IF;";
  const statements = writes.map(({ sql, parameters }) => `${withLiterals(sql, parameters)}; ${guard}`);
  const start = begins ? "START TRANSACTION; " : "";
  return `BEGIN NOT ATOMIC ${start}${statements.join(" ")} COMMIT AND NO CHAIN NO RELEASE; END`;
}

/** The ledger's statements hold `?` for their parameters only. */
function withLiterals(sql: string, parameters: readonly Value[]): string {
  let index = 0;
  return sql.replaceAll("?", () => literal(parameters[index++]));
}

function literal(value: Value | undefined): string {
  if (value === null || value === undefined) return "NULL";
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "string") return textLiteral(value);
  throw new Error("the ledger holds texts and numbers only");
}

export function textLiteral(text: string): string {
  return `CONVERT(X'${Buffer.from(text, "utf8").toString("hex")}' USING utf8mb4)`;
}
