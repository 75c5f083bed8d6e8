import { execFileSync } from "node:child_process";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import type { TargetName } from "../servers.ts";
import { quoteFor } from "./quote-for.ts";

/*
 * What the engines' own client programs say of a table: the judge of every copy. Nothing of the program is used here,
 * neither its readers nor its digests. For SQLite it is Node's driver, since its shell prints no storage classes.
 */

export type ShownRow = (string | null)[];

/** The rows in the order of `orderBy` (or of all columns' texts), each value as its client shows it. */
export function clientRows(
  name: TargetName,
  url: string,
  table: string,
  columns: readonly string[],
  orderBy: string | null = "id",
): ShownRow[] {
  const rows =
    name === "postgres"
      ? psqlRows(url, table, columns, orderBy)
      : name === "sqlite"
        ? sqliteRows(url, table, columns, orderBy)
        : mysqlRows(url, table, columns, orderBy);
  return orderBy === null ? rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : rows;
}

/** One query by psql or mariadb, as unaligned text; for questions to the catalogue. */
export function clientText(name: TargetName, url: string, sql: string): string {
  if (name === "postgres") return psql(url, ["-A", "-t", "-F", "|", "-c", sql]).toString().trim();
  if (name !== "sqlite") return mysqlClient(url, sql).toString().trim();
  const database = open(url);
  try {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return (statement.all() as unknown as unknown[][]).map((row) => row.map(String).join("|")).join("\n");
  } finally {
    database.close();
  }
}

/** Runs a script by the client program. */
export function clientScript(name: "postgres" | "mariadb" | "mysql", url: string, script: string): void {
  if (name === "postgres") psql(url, ["-f", "-"], script);
  else mysqlClient(url, script);
}

function psql(url: string, more: readonly string[], input = ""): Buffer {
  return execFileSync("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", url, ...more], {
    input,
    maxBuffer: 1 << 30,
    timeout: 120_000,
    env: { ...process.env, PGOPTIONS: "-c timezone=UTC -c search_path=public", PGCLIENTENCODING: "UTF8" },
  });
}

function psqlRows(url: string, table: string, columns: readonly string[], orderBy: string | null) {
  const quote = quoteFor("postgres");
  const order = orderBy === null ? "" : ` ORDER BY ${quote(orderBy)}`;
  const sql = `COPY (SELECT ${columns.map(quote).join(", ")} FROM ${quote(table)}${order}) TO STDOUT`;
  return copyText(psql(url, ["-c", sql]).toString("utf8"));
}

const escapes: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

function copyText(text: string): ShownRow[] {
  const lines = text.split("\n").slice(0, -1);
  return lines.map((line) =>
    line
      .split("\t")
      .map((field) =>
        field === "\\N" ? null : field.replaceAll(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter),
      ),
  );
}

function open(url: string): DatabaseSync {
  const path = url.startsWith("sqlite:/") ? url.slice("sqlite:".length) : fileURLToPath(url);
  return new DatabaseSync(path, { readBigInts: true, readOnly: true });
}

function sqliteRows(url: string, table: string, columns: readonly string[], orderBy: string | null) {
  const quote = quoteFor("sqlite");
  const database = open(url);
  try {
    // A text as its bytes: the driver's strings would hide what is not UTF-8.
    const list = columns.flatMap((name) => [
      `typeof(${quote(name)})`,
      `CASE typeof(${quote(name)}) WHEN 'text' THEN CAST(${quote(name)} AS BLOB) ELSE ${quote(name)} END`,
    ]);
    const order = orderBy === null ? "" : ` ORDER BY ${quote(orderBy)}`;
    const statement = database.prepare(`SELECT ${list.join(", ")} FROM ${quote(table)}${order}`);
    statement.setReturnArrays(true);
    return (statement.all() as unknown as unknown[][]).map((row) =>
      columns.map((_, n) => sqliteValue(String(row[2 * n]), row[2 * n + 1])),
    );
  } finally {
    database.close();
  }
}

function sqliteValue(storageClass: string, value: unknown): string | null {
  switch (storageClass) {
    case "null":
      return null;
    case "integer":
      return `i:${String(value)}`;
    case "real":
      return `r:${Object.is(value, -0) ? "-0" : String(value)}`;
    case "text":
      return `t:${Buffer.from((value ?? []) as Uint8Array).toString("utf8")}`;
    default:
      return `b:${Buffer.from((value ?? []) as Uint8Array).toString("hex")}`;
  }
}

let program: string | undefined;

function mysqlClient(url: string, sql: string): Buffer {
  const { hostname, port, username, password, pathname } = new URL(url);
  program ??= ["mariadb", "mysql"].find((name) => exists(name));
  if (program === undefined) throw new Error("neither mariadb nor mysql is installed");
  const options = [
    "--batch",
    "--skip-column-names",
    "--quick",
    "--default-character-set=utf8mb4",
    `--host=${hostname}`,
    `--port=${port}`,
    `--user=${decodeURIComponent(username)}`,
  ];
  return execFileSync(program, [...options, pathname.slice(1)], {
    input: `SET time_zone = '+00:00';\n${sql}`,
    maxBuffer: 1 << 30,
    timeout: 120_000,
    env: { ...process.env, MYSQL_PWD: decodeURIComponent(password) },
  });
}

function exists(program: string): boolean {
  try {
    execFileSync(program, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function mysqlRows(url: string, table: string, columns: readonly string[], orderBy: string | null) {
  const quote = quoteFor("mysql");
  const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const types = new Map(
    mysqlClient(
      url,
      `SELECT HEX(COLUMN_NAME), DATA_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ${literal(table)}`,
    )
      .toString()
      .trim()
      .split("\n")
      .map((line) => line.split("\t"))
      .map(([name = "", type = ""]) => [Buffer.from(name, "hex").toString(), type]),
  );
  const isBytes = (name: string) => /blob|binary|^bit$|^point$/.test(types.get(name) ?? "");
  // Hexadecimal digits, because --batch does not tell NULL from the text 'NULL'. A float as text has six digits only.
  const list = columns.map((name) => {
    const column = quote(name);
    const text = isBytes(name)
      ? `CAST(${column} AS BINARY)`
      : `CAST(${types.get(name) === "float" ? `CAST(${column} AS DOUBLE)` : column} AS CHAR CHARACTER SET utf8mb4)`;
    return `IF(${column} IS NULL, '-', CONCAT('=', HEX(${text})))`;
  });
  const order = orderBy === null ? "" : ` ORDER BY ${quote(orderBy)}`;
  const text = mysqlClient(url, `SELECT ${list.join(", ")} FROM ${quote(table)}${order}`).toString();
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) =>
      line.split("\t").map((field, n) => {
        if (field === "-") return null;
        const bytes = Buffer.from(field.slice(1), "hex");
        if (isBytes(columns[n]!)) return `x:${bytes.toString("hex")}`;
        const text = bytes.toString("utf8");
        // MySQL prints its JSON with spaces, MariaDB keeps the text.
        return types.get(columns[n]!) === "json" ? withoutSpaces(text) : text;
      }),
    );
}

/** JSON without what stands between its tokens; its numbers keep their digits. */
function withoutSpaces(json: string): string {
  return json.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, "$1");
}
