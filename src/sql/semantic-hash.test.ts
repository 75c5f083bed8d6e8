import assert from "node:assert/strict";
import { test } from "node:test";
import { sha256 } from "../core/canonical.ts";
import { mysqlLexicon, postgresLexicon } from "./lexicon.ts";
import { semanticHash, semanticTokens } from "./semantic-hash.ts";

const mysql = (text: string) => semanticHash(semanticTokens(text, mysqlLexicon, "f"));
const postgres = (text: string) => semanticHash(semanticTokens(text, postgresLexicon, "f"));

test("the delimiter and a last terminator do not count", () => {
  assert.equal(mysql("DELIMITER //\nSELECT 1//\nDELIMITER ;\nSELECT 2"), mysql("SELECT 1; SELECT 2;"));
});

test("Windows line ends inside a body do not count, but its text does", () => {
  assert.equal(postgres("DO $$\r\n x\r\n$$"), postgres("DO $$\n x\n$$"));
  assert.notEqual(postgres("DO $$ x $$"), postgres("DO $$ x  $$"));
});

test("token boundaries, case and code in comments count", () => {
  assert.notEqual(semanticHash(["ab", "c"]), semanticHash(["a", "bc"]));
  assert.notEqual(semanticHash(["1:a"]), semanticHash(["a"]));
  assert.notEqual(postgres("SELECT a"), postgres("SELECT A"));
  assert.notEqual(postgres("SELECT a <-1"), postgres("SELECT a @-1"));
  assert.notEqual(mysql("SELECT 1 /*!50003 + 1 */"), mysql("SELECT 1"));
  assert.equal(semanticHash(["SELECT", "1", ";"]).length, 64);
});

test("many tokens hash as few do", () => {
  const tokens = Array.from({ length: 30_000 }, (_, index) => `t${index}`);
  assert.notEqual(semanticHash(tokens), semanticHash(tokens.toSpliced(29_999, 1, "x")));
  assert.equal(semanticHash(tokens), sha256(tokens.map((token) => `${token.length}:${token}`).join("")));
});
