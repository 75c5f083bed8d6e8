import type { Body } from "./body.ts";
import { routineHeader } from "./compound-header.ts";

interface Frame {
  /** A block of statements, the declarations before one (Oracle mode), or a CASE expression. */
  kind: "block" | "declarations" | "expression";
  /** Depth of parentheses where it was opened. */
  readonly parens: number;
}

const openers = words("BEGIN IF CASE LOOP WHILE REPEAT FOR");
// Openers whose next token begins a statement; after the others an expression comes first.
const plainOpeners = words("BEGIN LOOP REPEAT");
// Within a block, the next token begins a statement.
const leadIns = words("THEN ELSE DO LOOP");
// After these an operand is expected, so a following END is a column's name.
const expectOperand = words(
  "CASE WHEN THEN ELSE AND OR XOR NOT IN LIKE REGEXP RLIKE BETWEEN IS DIV MOD BINARY INTERVAL SELECT DISTINCT ALL WHERE BY HAVING ON AS COLLATE ESCAPE FROM SET UNTIL",
);
const handlerConditions = words("FOR SQLSTATE VALUE NOT FOUND SQLWARNING SQLEXCEPTION ,");

/**
 * MySQL and MariaDB: stored programs and compound statements whose parts end in the terminator itself, as when
 * no DELIMITER was set. The words BEGIN, END and IF are no reserved words there, so they count only where a
 * statement can begin; END also after the operand that ends a CASE expression or UNTIL.
 */
export function compoundBody(head: string): Body | null {
  if (head === "CREATE" || head === "ALTER") return follower(routineHeader());
  if (head === "BEGIN") return follower(anonymousHeader());
  if (openers.has(head) || head === "DECLARE") return follower((symbol) => ({ starts: true, again: symbol }));
  return null;
}

/** Reads the tokens before a body; null as long as it goes on. */
export type Header = (symbol: string) => HeaderEnd | null;

export interface HeaderEnd {
  /** Whether a body of statements follows; else the rest is one plain statement. */
  readonly starts: boolean;
  /** The token belongs to the body and is read again. */
  readonly again?: string;
  /** The body begins with declarations. */
  readonly declarations?: boolean;
}

/** BEGIN alone opens a transaction; BEGIN NOT ATOMIC a block. */
function anonymousHeader(): Header {
  return (symbol) => {
    if (symbol === "BEGIN") return null;
    return symbol === "NOT" ? { starts: true, again: "BEGIN" } : { starts: false };
  };
}

function follower(header: Header): Body {
  let state: "header" | "body" | "over" = "header";
  const statements = statementFollower();
  return {
    feed(symbol) {
      if (state === "over") return;
      if (state === "header") {
        const end = header(symbol);
        if (end === null) return;
        state = end.starts ? "body" : "over";
        if (end.declarations === true) statements.declare();
        if (end.starts && end.again !== undefined) statements.feed(end.again);
        return;
      }
      statements.feed(symbol);
      if (statements.over()) state = "over";
    },
    open: () => state === "body" && statements.open(),
  };
}

function statementFollower() {
  const frames: Frame[] = [];
  let parens = 0;
  /** A statement begins at the next token. */
  let fresh = true;
  /** The last token began a statement, so a colon makes it a label. */
  let maybeLabel = false;
  let first = "";
  let handler = false;
  let previous = "";
  let opened = false;

  const push = (kind: Frame["kind"]): void => {
    frames.push({ kind, parens });
    opened = true;
  };

  function begin(symbol: string, top: Frame | undefined): void {
    first = symbol;
    handler = false;
    fresh = false;
    if (symbol === "END" && top !== undefined) frames.pop();
    else if (symbol === "BEGIN" && top?.kind === "declarations") {
      top.kind = "block";
      fresh = true;
    } else if (symbol === "DECLARE" && top === undefined) {
      push("declarations");
      fresh = true;
    } else if (openers.has(symbol)) {
      push("block");
      fresh = plainOpeners.has(symbol);
    } else if (symbol === "ELSE") fresh = true;
    else maybeLabel = true;
  }

  function go(symbol: string, top: Frame | undefined, wasLabel: boolean): void {
    if (symbol === ":" && wasLabel) fresh = true;
    else if (symbol === "CASE" && previous !== "." && previous !== "END") push("expression");
    else if (symbol === "END" && first === "UNTIL" && top?.parens === parens && isOperand(previous))
      frames.pop();
    else if (leadIns.has(symbol) && top?.parens === parens && previous !== "END") fresh = true;
    else if (symbol === "HANDLER" && first === "DECLARE") handler = true;
    else if ((symbol === "AS" || symbol === "IS") && top?.kind === "declarations" && isRoutine(first)) {
      push("declarations");
      fresh = true;
    }
  }

  return {
    declare: () => push("declarations"),
    open: () => frames.length > 0,
    /** A plain statement, or all that was opened is closed. */
    over: () => frames.length === 0 && (opened || !(fresh || maybeLabel)),
    feed(symbol: string): void {
      const top = frames.at(-1);
      const wasLabel = maybeLabel;
      maybeLabel = false;
      if (symbol === "(") parens++;
      if (top?.kind === "expression") {
        if (symbol === "CASE" && previous !== ".") push("expression");
        else if (symbol === "END" && parens === top.parens && isOperand(previous)) frames.pop();
      } else if (symbol === ";") {
        fresh = true;
        handler = false;
      } else if (
        fresh &&
        (symbol === "NOT" || symbol === "ATOMIC") &&
        (previous === "BEGIN" || previous === "NOT")
      ) {
        // BEGIN NOT ATOMIC: the block's first statement is still to come.
      } else if (fresh) begin(symbol, top);
      else if (handler && !isCondition(symbol, previous)) begin(symbol, top);
      else go(symbol, top, wasLabel);
      if (symbol === ")") parens--;
      previous = symbol;
    },
  };
}

/** DECLARE … HANDLER FOR: what may stand before the handler's statement; a name only after FOR or a comma. */
function isCondition(symbol: string, previous: string): boolean {
  return handlerConditions.has(symbol) || symbol === "" || previous === "FOR" || previous === ",";
}

function isRoutine(symbol: string): boolean {
  return symbol === "PROCEDURE" || symbol === "FUNCTION";
}

/** Strings, numbers and names have the symbol "". */
function isOperand(symbol: string): boolean {
  if (symbol === "" || symbol === ")") return true;
  return /^[\w$\u0080-\uffff\\]/.test(symbol) && !expectOperand.has(symbol);
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(" "));
}
