import type { Row } from "../engine.ts";

/** What a statement that looks after tables answered: the server tells its failure in rows, and no error. */
export interface TableReport {
  add(row: Row): void;
  /** As the driver would raise it; null where everything went well. */
  failure(): Error | null;
  readonly warnings: readonly string[];
}

/** The report for a result of these columns; null where it is somebody's query. Keeps one failure and a few warnings. */
export function tableReport(sql: string, columns: readonly string[]): TableReport | null {
  if (columns.join() !== "Table,Op,Msg_type,Msg_text" || !maintenance.test(sql)) return null;
  const warnings: string[] = [];
  let first: string | null = null;
  let lastStatus: string | null = null;
  return {
    warnings,
    add(row) {
      const text = `${String(row["Table"])}: ${String(row["Msg_text"])}`;
      const type = String(row["Msg_type"]).toLowerCase();
      if (type === "error") first ??= text;
      else if (type === "status" && /: Operation /.test(text)) lastStatus ??= text;
      else if (type === "warning" && warnings.length < warningsKept) warnings.push(text);
    },
    failure() {
      const text = first ?? lastStatus;
      if (text === null) return null;
      const errno = numbers.find(([pattern]) => pattern.test(text))?.[1];
      return Object.assign(new Error(text), {
        code: "table-report",
        ...(errno === undefined ? {} : { errno }),
      });
    },
  };
}

const warningsKept = 20;

/** A SELECT can have such columns as well. The words may stand in a comment that holds code. */
const maintenance =
  /^(?:\s|\/\*M?!\d*|\/\*(?!M?!).*?\*\/|(?:--\s|#)[^\n]*\n)*(?:analyze|optimize|check|repair|cache|load|alter|set\s+statement)\b/is;

/** The rows have no numbers; these tell what passes by itself, and what a person ended. */
const numbers: readonly (readonly [RegExp, number])[] = [
  [/: Table '.*' doesn't exist$/, 1146],
  [/: Lock wait timeout exceeded/, 1205],
  [/: Deadlock found/, 1213],
  [/max_statement_time exceeded/, 1969],
  [/: Query execution was interrupted/, 1317],
];
