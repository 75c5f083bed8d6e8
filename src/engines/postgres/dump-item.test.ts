import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { foreignOptions, literal, storageOptions } from "./dump-item.ts";

describe("parts of dump statements", () => {
  it("quotes strings whatever they hold", () => {
    assert.equal(literal("it's"), "'it''s'");
    assert.equal(literal("a\\'b\n"), "E'a\\\\''b\n'");
  });

  it("writes storage options, quoting values that are no plain words", () => {
    assert.deepEqual(storageOptions(["fillfactor=70", "x=a b=c"], "toast."), [
      "toast.fillfactor=70",
      "toast.x='a b=c'",
    ]);
    assert.deepEqual(storageOptions(null), []);
  });

  it("writes foreign options", () => {
    assert.equal(foreignOptions(["host=it's", "a=b=c"]), ` OPTIONS ("host" 'it''s', "a" 'b=c')`);
    assert.equal(foreignOptions(null), "");
  });
});
