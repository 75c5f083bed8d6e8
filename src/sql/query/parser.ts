import type { BinaryOperator, Expression } from "../../core/expression.ts";
import type {
  CommonTable,
  FromItem,
  OrderItem,
  Query,
  QueryBody,
  Select,
  SelectItem,
} from "../../core/query.ts";
import { ExpressionParser, Unknown } from "../expression/parser.ts";
import { aggregateNames, queryCall, windowNames } from "./calls.ts";

type Join = Extract<FromItem, { kind: "join" }>["how"];

/** Reads queries: SELECT with joins, groups, subqueries, compound ones, and WITH. What else there is, is not known. */
export class QueryParser extends ExpressionParser {
  query(): Query {
    const recursive = { is: false };
    const common = this.take("with") ? this.commonTables(recursive) : [];
    const body = this.body();
    const orderBy = this.take("order") ? this.orderItems() : [];
    const { limit, offset } = this.limits();
    return { with: common, recursive: recursive.is, body, orderBy, limit, offset };
  }

  /** The words around the place at which it stopped, for people. */
  rest(): string {
    const words = this.found.slice(Math.max(0, this.at - 1), this.at + 3).map((lexeme) => {
      if (lexeme.kind === "bytes") return `X'${lexeme.hex}'`;
      if (lexeme.kind === "bits") return `b'${lexeme.digits}'`;
      return lexeme.kind === "word" ? lexeme.written : lexeme.value;
    });
    return words.length === 0 ? "its end" : words.join(" ");
  }

  private commonTables(recursive: { is: boolean }): CommonTable[] {
    recursive.is = this.take("recursive");
    const found: CommonTable[] = [];
    do {
      const name = this.identifier();
      const columns = this.peekOperator("(") ? this.names() : [];
      this.expect("as");
      this.expectOperator("(");
      found.push({ name, columns, query: this.query() });
      this.expectOperator(")");
    } while (this.takeOperator(","));
    return found;
  }

  /** Compound queries, one after another; what binds otherwise in one of the engines is not known. */
  private body(): QueryBody {
    let left: QueryBody = this.operand();
    const operators = new Set<string>();
    for (;;) {
      const word = ["union", "except", "intersect"].find((each) => this.take(each));
      if (word === undefined) return left;
      const isAll = this.take("all");
      if (!isAll) this.take("distinct");
      if (isAll && word !== "union") throw new Unknown(`${word} all`);
      // INTERSECT binds tighter in two of them, and not in the third.
      operators.add(word === "intersect" ? word : "union");
      if (operators.size > 1) throw new Unknown("intersect beside other compound queries");
      const right = this.operand();
      if (right.kind !== "select") throw new Unknown("a compound query in parentheses");
      left = { kind: "compound", operator: (isAll ? "union all" : word) as "union", left, right };
    }
  }

  private operand(): QueryBody {
    if (!this.takeOperator("(")) return this.select();
    const body = this.body();
    this.expectOperator(")");
    return body;
  }

  private select(): Select {
    this.expect("select");
    const distinct = this.take("distinct");
    if (!distinct) this.take("all");
    const items: SelectItem[] = [];
    do items.push(this.item());
    while (this.takeOperator(","));
    const from: FromItem[] = [];
    if (this.take("from")) {
      do from.push(this.fromItem());
      while (this.takeOperator(","));
    }
    const where = this.take("where") ? this.expression(0) : null;
    const groupBy: Expression[] = [];
    if (this.take("group")) {
      this.expect("by");
      do groupBy.push(this.expression(0));
      while (this.takeOperator(","));
    }
    const having = this.take("having") ? this.expression(0) : null;
    return { kind: "select", distinct, items, from, where, groupBy, having };
  }

  private item(): SelectItem {
    if (this.takeOperator("*")) return { kind: "all", of: null };
    const [table, dot, star] = this.found.slice(this.at, this.at + 3);
    if (dot?.kind === "operator" && dot.value === "." && star?.kind === "operator" && star.value === "*") {
      if (table?.kind !== "name" && table?.kind !== "word") throw new Unknown();
      this.at += 3;
      return { kind: "all", of: table.kind === "word" ? table.written : table.value };
    }
    const value = this.expression(0);
    const alias = this.take("as") ? this.identifier() : this.bareAlias();
    return { kind: "value", value, alias };
  }

  private fromItem(): FromItem {
    let left = this.factor();
    for (;;) {
      const how = this.joinWords();
      if (how === null) return left;
      const right = this.factor();
      const on = this.take("on") ? this.expression(0) : null;
      const using = on === null && this.take("using") ? this.names() : [];
      const isCross = on === null && using.length === 0;
      if (isCross && how !== "inner" && how !== "cross") throw new Unknown("a join without a condition");
      left = { kind: "join", how: isCross ? "cross" : how, left, right, on, using };
    }
  }

  private joinWords(): Join | null {
    const mark = this.at;
    for (const how of ["left", "right", "full"] as const) {
      if (!this.take(how)) continue;
      this.take("outer");
      this.expect("join");
      return how;
    }
    const how = this.take("cross") ? "cross" : "inner";
    if (how === "inner") this.take("inner");
    if (this.take("join")) return how;
    this.at = mark;
    return null;
  }

  private factor(): FromItem {
    if (this.takeOperator("(")) {
      if (this.isQuery()) {
        const query = this.query();
        this.expectOperator(")");
        const alias = this.take("as") ? this.identifier() : this.bareAlias();
        if (alias === null) throw new Unknown("a subquery without a name");
        return { kind: "query", query, alias };
      }
      const inner = this.fromItem();
      this.expectOperator(")");
      return inner;
    }
    const first = this.identifier();
    const isQualified = this.takeOperator(".");
    const name = isQualified ? this.identifier() : first;
    // A function that gives a table.
    if (this.peekOperator("(")) throw new Unknown(`${name}(…)`);
    const alias = this.take("as") ? this.identifier() : this.bareAlias();
    return { kind: "table", schema: isQualified ? first : "", name, alias };
  }

  private orderItems(): OrderItem[] {
    this.expect("by");
    const found: OrderItem[] = [];
    do {
      const value = this.expression(0);
      const descending = this.take("desc");
      if (!descending) this.take("asc");
      const isGreatest = this.dialect === "postgres";
      let nulls: OrderItem["nulls"] = isGreatest === descending ? "first" : "last";
      if (this.take("nulls")) {
        nulls = this.take("first") ? "first" : "last";
        if (nulls === "last") this.expect("last");
      }
      found.push({ value, descending, nulls });
    } while (this.takeOperator(","));
    return found;
  }

  private limits(): { limit: Expression | null; offset: Expression | null } {
    let limit: Expression | null = null;
    let offset: Expression | null = null;
    if (this.take("limit")) {
      limit = this.expression(0);
      // LIMIT offset, count
      if (this.dialect !== "postgres" && this.takeOperator(","))
        [offset, limit] = [limit, this.expression(0)];
    }
    if (this.take("offset")) offset = this.expression(0);
    return { limit, offset };
  }

  private isQuery(): boolean {
    return this.peek("select") || this.peek("with");
  }

  private identifier(): string {
    const next = this.found[this.at];
    if (next?.kind !== "name" && next?.kind !== "word") throw new Unknown();
    this.at += 1;
    return next.kind === "word" ? next.written : next.value;
  }

  /** A name that follows without AS; null where a clause goes on. */
  private bareAlias(): string | null {
    const next = this.found[this.at];
    if (next?.kind !== "name" && next?.kind !== "word") return null;
    if (next.kind === "word" && clauseWords.has(next.value)) return null;
    return this.identifier();
  }

  private names(): string[] {
    this.expectOperator("(");
    const found: string[] = [];
    do found.push(this.identifier());
    while (this.takeOperator(","));
    this.expectOperator(")");
    return found;
  }

  protected override sign(operator: string): Expression {
    if (operator !== "(" || !this.isQuery()) return super.sign(operator);
    const query = this.query();
    this.expectOperator(")");
    return { kind: "subquery", query };
  }

  protected override comparison(operand: Expression): Expression | null {
    const mark = this.at;
    const not = this.take("not");
    if (this.take("in") && this.takeOperator("(") && this.isQuery()) {
      const query = this.query();
      this.expectOperator(")");
      return { kind: "in-query", operand, query, not };
    }
    this.at = mark;
    return super.comparison(operand);
  }

  protected override name(name: string): Expression {
    if (!this.takeOperator(".")) return super.name(name);
    const column = this.identifier();
    // A name of three parts: the schema says nothing here.
    if (this.takeOperator(".")) return { kind: "column", name: this.identifier(), of: column };
    if (this.peekOperator("(")) throw new Unknown(`${column}(…)`);
    return { kind: "column", name: column, of: name };
  }

  protected override word(word: string, written: string): Expression {
    if (word === "exists" && this.takeOperator("(")) {
      const query = this.query();
      this.expectOperator(")");
      return { kind: "exists", query };
    }
    const isCall = this.peekOperator("(");
    if (isCall && (aggregateNames.has(word) || windowNames.has(word))) return this.aggregate(word);
    if (isCall && word === "extract") return this.extract();
    if (isCall && word === "convert") return this.convert();
    return super.word(word, written);
  }

  /** MySQL's CONVERT(x USING utf8mb4): texts are Unicode everywhere. */
  private convert(): Expression {
    this.expectOperator("(");
    const operand = this.expression(0);
    this.expect("using");
    if (!this.identifier().startsWith("utf8")) throw new Unknown("convert(…)");
    this.expectOperator(")");
    return operand;
  }

  private extract(): Expression {
    this.expectOperator("(");
    const field = this.identifier().toLowerCase();
    this.expect("from");
    const operand = this.expression(0);
    this.expectOperator(")");
    if (!/^(year|month|day|hour|minute)$/.test(field)) throw new Unknown(`extract(${field} …)`);
    return { kind: "call", name: `${field}_of`, arguments: [operand] };
  }

  private aggregate(word: string): Expression {
    this.expectOperator("(");
    const distinct = this.take("distinct");
    const values: Expression[] = [];
    if (!this.takeOperator("*") && !this.peekOperator(")")) {
      do values.push(this.expression(0));
      while (this.takeOperator(","));
    }
    const orderBy = this.take("order") ? this.orderItems() : [];
    if (this.take("separator")) values.push(this.expression(0));
    this.expectOperator(")");
    if (this.peek("filter") || this.peek("within")) throw new Unknown(`${word}(…) filter`);
    let over = null;
    if (this.take("over")) {
      this.expectOperator("(");
      const partitionBy: Expression[] = [];
      if (this.take("partition")) {
        this.expect("by");
        do partitionBy.push(this.expression(0));
        while (this.takeOperator(","));
      }
      over = { partitionBy, orderBy: this.take("order") ? this.orderItems() : [] };
      // Frames are written alike, but seldom meant alike.
      this.expectOperator(")");
    }
    return aggregateCall(word, { distinct, values, orderBy, over });
  }

  protected override call(word: string): Expression {
    const mark = this.at;
    const values = this.list();
    const known = queryCall(word, values, this.dialect);
    if (known !== null) return known;
    this.at = mark;
    try {
      return super.call(word);
    } catch (error) {
      if (error instanceof Unknown && error.message === "") throw new Unknown(`${word}(…)`);
      throw error;
    }
  }

  protected override temporal(word: string, written: string): Expression {
    if (!this.peekOperator("(")) return super.temporal(word, written);
    const mark = this.at;
    const [value, ...more] = this.list();
    if (value !== undefined && more.length === 0 && value.kind !== "string" && word === "date") {
      return { kind: "call", name: "date_of", arguments: [value] };
    }
    this.at = mark;
    return super.temporal(word, written);
  }

  /** Division, whose meaning each engine has of its own, is known by the engine that it comes from. */
  protected override after(left: Expression, least: number): Expression | null {
    if (least <= bindingOfDivision && this.takeOperator("/")) {
      const right = this.expression(bindingOfDivision + 1);
      const name = this.dialect === "mysql" ? "exact_division" : "division";
      return { kind: "call", name, arguments: [left, right] };
    }
    return super.after(left, least);
  }

  protected override peekBinary(): BinaryOperator | null {
    return this.peekOperator("/") ? null : super.peekBinary();
  }
}

const bindingOfDivision = 11;

function aggregateCall(
  word: string,
  given: {
    readonly distinct: boolean;
    readonly values: readonly Expression[];
    readonly orderBy: readonly OrderItem[];
    readonly over: Extract<Expression, { kind: "aggregate" }>["over"];
  },
): Expression {
  const { distinct, values, orderBy, over } = given;
  const name = word === "string_agg" ? "group_concat" : word;
  if (name !== "group_concat" && orderBy.length > 0) throw new Unknown(`${word}(… order by …)`);
  if (over === null && windowNames.has(word) && !aggregateNames.has(word)) throw new Unknown(`${word}(…)`);
  if (values.length === 0 && !/^(count|row_number|rank|dense_rank)$/.test(name))
    throw new Unknown(`${word}()`);
  // SQLite's max(a, b) is no aggregate.
  if (aggregateNames.has(word) && name !== "group_concat" && values.length > 1) {
    if (name !== "max" && name !== "min") throw new Unknown(`${word}(…)`);
    return { kind: "call", name: name === "max" ? "strict_greatest" : "strict_least", arguments: values };
  }
  return { kind: "aggregate", name, distinct, arguments: values, orderBy, over };
}

/** Words that go on a query after an item: no aliases. */
const clauseWords: ReadonlySet<string> = new Set(
  "from where group having order limit offset union except intersect on using join inner left right full cross natural straight_join as window for fetch lateral tablesample force use ignore partition collate over filter separator asc desc nulls end".split(
    " ",
  ),
);
