import type { Header, HeaderEnd } from "./compound.ts";

const openers = words("BEGIN IF CASE LOOP WHILE REPEAT FOR");
const modifiers = words("CREATE ALTER OR REPLACE AGGREGATE");
// A routine's body that is one plain statement begins with one of these; other words are characteristics.
const plainStarts = words(
  "SELECT INSERT UPDATE DELETE REPLACE SET CALL WITH DO SIGNAL RESIGNAL TRUNCATE DROP CREATE ALTER RENAME EXECUTE PREPARE DEALLOCATE VALUES TABLE GRANT REVOKE ANALYZE FLUSH LOAD START COMMIT ROLLBACK SAVEPOINT GET KILL SHOW SONAME",
);
const body: HeaderEnd = { starts: true };
const plain: HeaderEnd = { starts: false };

/** Reads from CREATE or ALTER to the body of a procedure, function, trigger, event or package. */
export function routineHeader(): Header {
  let definer = false;
  let inner: Header | null = null;
  return (symbol) => {
    if (inner !== null) return inner(symbol);
    if (symbol === "DEFINER") definer = true;
    if (symbol === "VIEW") return plain;
    inner = headerOf(symbol);
    if (inner !== null || definer || modifiers.has(symbol)) return null;
    return plain;
  };
}

function headerOf(symbol: string): Header | null {
  if (symbol === "PROCEDURE" || symbol === "FUNCTION") return parameterHeader();
  if (symbol === "TRIGGER") return triggerHeader();
  if (symbol === "EVENT") return (next) => (next === "DO" ? body : null);
  if (symbol === "PACKAGE") return (next) => (isAs(next) ? { starts: true, declarations: true } : null);
  return null;
}

function parameterHeader(): Header {
  let parens = 0;
  let parameters = false;
  let previous = "";
  let returns = false;
  let as = false;
  return (symbol) => {
    const before = previous;
    previous = symbol;
    if (as) {
      // A string after AS is a body in another language, a constant after IS belongs to an expression.
      const expression = ["", "NULL", "NOT", "TRUE", "FALSE", "UNKNOWN"].includes(symbol);
      return expression ? plain : { starts: true, declarations: true, again: symbol };
    }
    if (symbol === "(") parens++;
    else if (symbol === ")" && --parens === 0) parameters = true;
    if (parens > 0 || symbol === ")") return null;
    if (isAs(symbol)) as = true;
    else if (returns) return symbol === ";" ? plain : null;
    else if (symbol === "RETURN") returns = true;
    else if (parameters && symbol === ":") return body;
    else if (parameters && openers.has(symbol)) return { starts: true, again: symbol };
    else if (parameters && plainStarts.has(symbol) && !isType(before)) return plain;
    return null;
  };
}

/** After FOR EACH ROW, and after FOLLOWS or PRECEDES with its name. */
function triggerHeader(): Header {
  let previous = "";
  let rows = false;
  let order = 0;
  return (symbol) => {
    if (!rows) rows = symbol === "ROW" && previous === "EACH";
    else if (order === 0 && (symbol === "FOLLOWS" || symbol === "PRECEDES")) order = 1;
    else if (order === 1) order = 2;
    else return { starts: true, again: symbol };
    previous = symbol;
    return null;
  };
}

/** SET after these is part of a type: CHARACTER SET utf8mb4, RETURNS SET('a'). */
function isType(previous: string): boolean {
  return previous === "CHARACTER" || previous === "CHAR" || previous === "RETURNS";
}

function isAs(symbol: string): boolean {
  return symbol === "AS" || symbol === "IS";
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(" "));
}
