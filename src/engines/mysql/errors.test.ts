import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "./errors.ts";

const kind = (error: unknown) => errors.classify(error).kind;

test("server numbers have their kinds", () => {
  for (const [errno, expected] of [
    [1045, "authentication"],
    [1049, "unknown-database"],
    [1205, "lock-timeout"],
    [1213, "deadlock"],
    [1317, "cancelled"],
    [1969, "statement-timeout"],
    [3024, "statement-timeout"],
    [1053, "connection-lost"],
    [1927, "connection-lost"],
    [1040, "too-many-connections"],
    [1062, "constraint"],
    [1146, "missing-object"],
    [1050, "duplicate-object"],
    [1142, "permission"],
    [1836, "read-only"],
    [65000, "other"],
  ] as const) {
    assert.equal(kind(Object.assign(new Error("x"), { errno })), expected, String(errno));
  }
});

test("numbers that two products share are told by their words", () => {
  const error = (errno: number, message: string) => Object.assign(new Error(message), { errno });
  // MySQL: idle too long. MariaDB: a trigger that another one names is missing.
  assert.equal(
    kind(error(4031, "The client was disconnected by the server because of inactivity.")),
    "connection-lost",
  );
  assert.equal(kind(error(4031, "Referenced trigger 'x' for the given action time does not exist")), "other");
  assert.equal(kind(error(4025, "CONSTRAINT `c` failed for `d`.`t`")), "constraint");
  assert.equal(kind(error(1290, "running with the --read-only option")), "read-only");
  assert.equal(kind(error(1290, "running with the --secure-file-priv option")), "permission");
  assert.equal(
    kind(error(1030, 'Got error 28 "No space left on device" from storage engine InnoDB')),
    "disk-full",
  );
  assert.equal(kind(error(1030, "Got error 168 from storage engine")), "other");
});

test("an error that came unasked has its number in `code`", () => {
  const error = Object.assign(new Error("Server shutdown in progress"), { code: 1053 });
  assert.deepEqual(errors.classify(error), {
    kind: "connection-lost",
    native: "1053",
    message: error.message,
  });
});

test("network, driver and TLS codes have their kinds", () => {
  for (const [code, expected] of [
    ["ECONNREFUSED", "unreachable"],
    ["ENOTFOUND", "unreachable"],
    ["ECONNRESET", "connection-lost"],
    ["PROTOCOL_CONNECTION_LOST", "connection-lost"],
    ["CERT_HAS_EXPIRED", "tls"],
    ["ERR_TLS_CERT_ALTNAME_INVALID", "tls"],
    ["HANDSHAKE_NO_SSL_SUPPORT", "tls"],
  ] as const) {
    assert.equal(kind(Object.assign(new Error("x"), { code })), expected, code);
  }
  assert.equal(
    kind(new Error("Can't add new command when connection is in closed state")),
    "connection-lost",
  );
});

test("never throws, whatever was thrown", () => {
  for (const thrown of [undefined, null, 0, "text", {}, [], Symbol("s").description]) {
    assert.equal(kind(thrown), "other");
  }
  const both = Object.assign(new AggregateError([new Error("first address refused")], ""), {
    code: "ECONNREFUSED",
  });
  assert.deepEqual(errors.classify(both), {
    kind: "unreachable",
    native: "ECONNREFUSED",
    message: "first address refused",
  });
});
