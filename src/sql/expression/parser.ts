import type { BinaryOperator, Expression } from "../../core/expression.ts";
import { type Dialect, dialects } from "./dialect.ts";
import { neutralFunction } from "./functions.ts";
import type { Lexeme } from "./lexemes.ts";
import { typeOfName } from "./type-name.ts";

/** What the parser throws where it does not know what a text means; the message is the part that it does not know. */
export class Unknown extends Error {}

/** How tightly the operators bind; PostgreSQL's order, which the others share for these. */
const binding: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  "=": 5,
  "<>": 5,
  "<": 5,
  "<=": 5,
  ">": 5,
  ">=": 5,
  "|": 7,
  "&": 8,
  "<<": 9,
  ">>": 9,
  "||": 9,
  "+": 10,
  "-": 10,
  "*": 11,
  "%": 11,
};
const bindingOfNot = 3;
const bindingOfIs = 4;
const bindingOfSign = 12;

/** Reads expressions, token by token. The parser of queries goes on from it. */
export class ExpressionParser {
  protected readonly found: readonly Lexeme[];
  protected readonly dialect: Dialect;
  protected at = 0;

  constructor(found: readonly Lexeme[], dialect: Dialect) {
    this.found = found;
    this.dialect = dialect;
  }

  isAtEnd(): boolean {
    return this.at === this.found.length;
  }

  expression(least: number): Expression {
    let left = this.prefix();
    for (;;) {
      const next = this.after(left, least);
      if (next === null) return left;
      left = next;
    }
  }

  /** What follows an operand, if it binds tightly enough. */
  protected after(left: Expression, least: number): Expression | null {
    if (this.takeOperator("::")) return this.castTo(left);
    if (least <= bindingOfIs) {
      const compared = this.comparison(left);
      if (compared !== null) return compared;
    }
    const operator = this.peekBinary();
    const strength = operator === null ? undefined : binding[operator];
    if (operator === null || strength === undefined || strength < least) return null;
    this.at += 1;
    if (operator === "=" && this.dialect === "postgres") {
      const list = this.anyOf();
      if (list !== null) return { kind: "in", operand: left, values: list, not: false };
    }
    return { kind: "binary", operator, left, right: this.expression(strength + 1) };
  }

  /** IS, IN, BETWEEN, LIKE and their negations. */
  protected comparison(operand: Expression): Expression | null {
    if (this.take("is")) {
      const not = this.take("not");
      for (const what of ["null", "true", "false"] as const) {
        if (this.take(what)) return { kind: "is", operand, what, not };
      }
      throw new Unknown();
    }
    if (this.take("isnull")) return { kind: "is", operand, what: "null", not: false };
    if (this.take("notnull")) return { kind: "is", operand, what: "null", not: true };
    const like = this.likeOperator();
    if (like !== null) return { kind: "like", operand, pattern: this.expression(bindingOfIs + 1), ...like };
    const mark = this.at;
    const not = this.take("not");
    if (this.take("in")) return { kind: "in", operand, values: this.list(), not };
    if (this.take("between")) {
      const low = this.expression(bindingOfIs + 1);
      this.expect("and");
      return { kind: "between", operand, low, high: this.expression(bindingOfIs + 1), not };
    }
    if (this.take("like")) {
      // SQLite's ignores case (of ASCII); MySQL's follows the collation, which the column's type carries along.
      const caseInsensitive = this.dialect === "sqlite";
      return { kind: "like", operand, pattern: this.expression(bindingOfIs + 1), not, caseInsensitive };
    }
    if (this.dialect === "postgres" && this.take("ilike")) {
      return { kind: "like", operand, pattern: this.expression(bindingOfIs + 1), not, caseInsensitive: true };
    }
    this.at = mark;
    return null;
  }

  /** PostgreSQL prints LIKE as an operator. */
  protected likeOperator(): { not: boolean; caseInsensitive: boolean } | null {
    if (this.dialect !== "postgres") return null;
    for (const [operator, not, caseInsensitive] of [
      ["~~", false, false],
      ["!~~", true, false],
      ["~~*", false, true],
      ["!~~*", true, true],
    ] as const) {
      if (this.takeOperator(operator)) return { not, caseInsensitive };
    }
    return null;
  }

  protected prefix(): Expression {
    const lexeme = this.found[this.at];
    if (lexeme === undefined) throw new Unknown();
    this.at += 1;
    switch (lexeme.kind) {
      case "string":
        return { kind: "string", value: lexeme.value };
      case "number":
        return { kind: "number", value: lexeme.value };
      case "bytes":
        return { kind: "bytes", hex: lexeme.hex };
      case "bits":
        return { kind: "number", value: String(BigInt(`0b0${lexeme.digits}`)) };
      case "name":
        return this.name(lexeme.value);
      case "operator":
        return this.sign(lexeme.value);
      case "word":
        return this.word(lexeme.value, lexeme.written);
    }
  }

  protected sign(operator: string): Expression {
    if (operator === "(") {
      const inner = this.expression(0);
      this.expectOperator(")");
      return inner;
    }
    if (operator === "-" || operator === "+") {
      const operand = this.expression(bindingOfSign);
      if (operator === "-" && operand.kind === "number")
        return { kind: "number", value: `-${operand.value}` };
      return operator === "+" ? operand : { kind: "unary", operator, operand };
    }
    if (operator === "~") return { kind: "unary", operator, operand: this.expression(bindingOfSign) };
    if (operator === "!" && this.dialect === "mysql")
      return { kind: "unary", operator: "not", operand: this.expression(bindingOfSign) };
    throw new Unknown();
  }

  protected name(name: string): Expression {
    // A column with its table before it, as a CHECK of MySQL prints it: only the column counts.
    if (this.takeOperator(".")) {
      const next = this.found[this.at];
      if (next?.kind !== "name" && next?.kind !== "word") throw new Unknown();
      this.at += 1;
      return { kind: "column", name: next.kind === "word" ? next.written : next.value };
    }
    if (this.peekOperator("(")) throw new Unknown();
    return { kind: "column", name };
  }

  protected word(word: string, written: string): Expression {
    switch (word) {
      case "null":
        return { kind: "null" };
      case "true":
      case "false":
        return { kind: "boolean", value: word === "true" };
      case "not":
        return { kind: "unary", operator: "not", operand: this.expression(bindingOfNot) };
      case "case":
        return this.case();
      case "cast":
        return this.cast();
      case "current_date":
      case "curdate":
        this.emptyCall();
        return { kind: "now", what: "date", precision: null };
      case "current_timestamp":
      case "localtimestamp":
      case "now":
        return this.now();
      case "date":
      case "datetime":
      case "timestamp":
        return this.temporal(word, written);
      default:
        break;
    }
    if (this.peekOperator("(")) return this.call(word);
    if (reserved.has(word)) throw new Unknown();
    return this.name(written);
  }

  /** DATE '2020-01-01', and SQLite's date('now'). */
  protected temporal(word: string, written: string): Expression {
    const next = this.found[this.at];
    if (next?.kind === "string" && this.dialect !== "sqlite") {
      this.at += 1;
      return { kind: "string", value: next.value };
    }
    if (!this.peekOperator("(")) return this.name(written);
    if (this.dialect !== "sqlite") throw new Unknown();
    const [argument, ...more] = this.list();
    if (argument?.kind !== "string" || argument.value.toLowerCase() !== "now" || more.length > 0)
      throw new Unknown();
    return { kind: "now", what: word === "date" ? "date" : "timestamp", precision: null };
  }

  protected now(): Expression {
    let precision: number | null = null;
    if (this.takeOperator("(")) {
      const digits = this.found[this.at];
      if (digits?.kind === "number") {
        precision = Number(digits.value);
        this.at += 1;
      }
      this.expectOperator(")");
    }
    return { kind: "now", what: "timestamp", precision };
  }

  protected emptyCall(): void {
    if (this.takeOperator("(")) this.expectOperator(")");
  }

  protected call(word: string): Expression {
    const values = this.list();
    if (this.dialect === "mysql" && word === "concat" && values.length > 0) {
      // NULL makes the whole NULL, as || does; PostgreSQL's concat leaves it out.
      return values.reduce((left, right) => ({ kind: "binary", operator: "||", left, right }));
    }
    if (this.dialect === "mysql" && word === "if" && values.length === 3) {
      const [when, result, otherwise] = values as [Expression, Expression, Expression];
      return { kind: "case", operand: null, branches: [{ when, result }], otherwise };
    }
    if (word === "mod" && values.length === 2) {
      return { kind: "binary", operator: "%", left: values[0]!, right: values[1]! };
    }
    const name = neutralFunction(word, this.dialect);
    if (name === null) throw new Unknown();
    // A trim of more than spaces is written differently everywhere.
    if (name.endsWith("trim") && values.length !== 1) throw new Unknown();
    return { kind: "call", name, arguments: values };
  }

  protected case(): Expression {
    const operand = this.peek("when") ? null : this.expression(0);
    const branches: { when: Expression; result: Expression }[] = [];
    while (this.take("when")) {
      const when = this.expression(0);
      this.expect("then");
      branches.push({ when, result: this.expression(0) });
    }
    const otherwise = this.take("else") ? this.expression(0) : null;
    this.expect("end");
    if (branches.length === 0) throw new Unknown();
    return { kind: "case", operand, branches, otherwise };
  }

  protected cast(): Expression {
    this.expectOperator("(");
    const operand = this.expression(0);
    this.expect("as");
    const cast = this.castTo(operand);
    this.expectOperator(")");
    return cast;
  }

  protected castTo(operand: Expression): Expression {
    const { name, sizes, isArray } = this.typeName();
    const to = isArray ? null : typeOfName(name, sizes);
    // A literal takes its type from where it stands; of a type that is not known nothing can be said.
    const isLiteral = operand.kind === "string" || operand.kind === "null";
    if (isLiteral && (to === null || to.kind === "text" || operand.kind === "null") && !isArray) {
      if (to === null && /^reg|^interval$/.test(name)) throw new Unknown();
      return operand;
    }
    if (to === null) throw new Unknown();
    return { kind: "cast", operand, to };
  }

  protected typeName(): { name: string; sizes: string[]; isArray: boolean } {
    const words: string[] = [];
    const sizes: string[] = [];
    for (
      let next = this.found[this.at];
      next?.kind === "word" || next?.kind === "name";
      next = this.found[this.at]
    ) {
      if (words.length > 0 && !typeWords.has(next.value)) break;
      words.push(next.value);
      this.at += 1;
      if (this.takeOperator(".")) words.pop();
      if (!this.takeOperator("(")) continue;
      for (;;) {
        const size = this.found[this.at];
        if (size?.kind !== "number") throw new Unknown();
        sizes.push(size.value);
        this.at += 1;
        if (!this.takeOperator(",")) break;
      }
      this.expectOperator(")");
    }
    if (words.length === 0) throw new Unknown();
    let isArray = false;
    while (this.takeOperator("[")) {
      this.expectOperator("]");
      isArray = true;
    }
    // CAST(… AS CHAR CHARSET utf8mb4)
    if (this.take("charset") || (this.take("character") && this.take("set"))) this.at += 1;
    return { name: words.join(" "), sizes, isArray };
  }

  /** ANY (ARRAY['a'::text, …]), which is how PostgreSQL prints IN; with casts of the array around it. */
  protected anyOf(): Expression[] | null {
    const mark = this.at;
    const isAny = this.take("any") && this.takeOperator("(");
    if (!isAny) {
      this.at = mark;
      return null;
    }
    let parentheses = 0;
    while (this.takeOperator("(")) parentheses += 1;
    this.expect("array");
    this.expectOperator("[");
    const values: Expression[] = [];
    do values.push(this.expression(0));
    while (this.takeOperator(","));
    this.expectOperator("]");
    for (;;) {
      if (this.takeOperator("::")) {
        if (!this.typeName().isArray) throw new Unknown();
      } else if (parentheses > 0 && this.takeOperator(")")) parentheses -= 1;
      else break;
    }
    this.expectOperator(")");
    return values;
  }

  protected list(): Expression[] {
    this.expectOperator("(");
    const values: Expression[] = [];
    if (this.takeOperator(")")) return values;
    do values.push(this.expression(0));
    while (this.takeOperator(","));
    this.expectOperator(")");
    return values;
  }

  protected peekBinary(): BinaryOperator | null {
    const lexeme = this.found[this.at];
    if (lexeme?.kind === "word" && (lexeme.value === "and" || lexeme.value === "or")) return lexeme.value;
    if (lexeme?.kind !== "operator") return null;
    const { value } = lexeme;
    if (value === "!=") return "<>";
    if (value === "==" && this.dialect === "sqlite") return "=";
    if (value === "||" && !dialects[this.dialect].pipesConcat) return "or";
    if (value === "&&" && this.dialect === "mysql") return "and";
    // Division of whole numbers gives a whole number in two of the three; ^ is a power in one.
    return value in binding ? (value as BinaryOperator) : null;
  }

  protected peek(word: string): boolean {
    const lexeme = this.found[this.at];
    return lexeme?.kind === "word" && lexeme.value === word;
  }

  protected take(word: string): boolean {
    if (!this.peek(word)) return false;
    this.at += 1;
    return true;
  }

  protected peekOperator(value: string): boolean {
    const lexeme = this.found[this.at];
    return lexeme?.kind === "operator" && lexeme.value === value;
  }

  protected takeOperator(value: string): boolean {
    if (!this.peekOperator(value)) return false;
    this.at += 1;
    return true;
  }

  protected expect(word: string): void {
    if (!this.take(word)) throw new Unknown();
  }

  protected expectOperator(value: string): void {
    if (!this.takeOperator(value)) throw new Unknown();
  }
}

/** Words that go on a type's name. */
const typeWords: ReadonlySet<string> = new Set([
  "varying",
  "precision",
  "without",
  "with",
  "time",
  "zone",
  "integer",
]);

/** Words that are no columns. */
const reserved: ReadonlySet<string> = new Set(
  "select from where group order by union exists any all some array row interval collate escape similar regexp rlike binary distinct else then when end as div xor glob match".split(
    " ",
  ),
);
