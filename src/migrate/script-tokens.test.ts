import assert from "node:assert/strict";
import { test } from "node:test";
import { mayExport, scriptTokens } from "./script-tokens.ts";

test("comments and white space are no tokens; strings, templates and expressions are kept whole", () => {
  const spaced =
    "export /* a */ async function up ( db ) { // b\n\tawait db.sql`a // ${ x } b`; return /[/*]/ ; }";
  const dense = "export async function up(db){await db.sql`a // ${ x } b`;return /[/*]/;}";
  assert.deepEqual(scriptTokens(spaced), scriptTokens(dense));
  assert.notDeepEqual(scriptTokens("a = 'x  y'"), scriptTokens("a = 'x y'"));
  assert.notDeepEqual(scriptTokens("ab"), scriptTokens("a b"));
});

test("a module that certainly does not export a name is told from one that may", () => {
  const yes = [
    "export async function down(db) {}",
    "export function down() {}",
    "export const down = async () => {};",
    "export let down: MigrationFunction = f;",
    "async function down() {}\nexport { up, down };",
    "export { undo as down };",
    'export * from "./other.ts";',
    "export const { up, down } = make();",
    "export /* the way back */ async function // and\n down() {}",
  ];
  const no = [
    "",
    "export async function up(db) {}",
    "async function down() {}\nexport async function up() { await down(); }",
    "// export async function down() {}",
    "export const text = 'export function down() {}';",
    "export default async function down() {}",
    "export const downwards = 1;",
    "export type down = string;",
  ];
  for (const text of yes) assert.ok(mayExport(text, "down"), text);
  for (const text of no) assert.ok(!mayExport(text, "down"), text);
});
