import assert from "node:assert/strict";
import { userInfo } from "node:os";
import { afterEach, test } from "node:test";
import * as fc from "fast-check";
import { GodwitError } from "../core/error.ts";
import { forgetSecrets, redact } from "../core/secret.ts";
import type { Target } from "../core/target.ts";
import { parseConnectionUrl } from "./connection-url.ts";
import { encodePart } from "./url-text.ts";

afterEach(forgetSecrets);

const me = userInfo().username;

const good: readonly [string, Partial<Target>][] = [
  [
    "postgresql://app:s3cret@db.example.com:5433/shop",
    {
      engine: "postgres",
      scheme: "postgresql",
      user: "app",
      password: "s3cret",
      host: "db.example.com",
      port: 5433,
      database: "shop",
      tls: { mode: "verify-full" },
      display: "postgresql://app@db.example.com:5433/shop",
    },
  ],
  [
    "postgres://localhost",
    { user: me, database: me, host: "localhost", port: 5432, tls: { mode: "disable" } },
  ],
  ["postgres://app@localhost/", { user: "app", database: "app" }],
  ["postgresql:///shop", { host: "localhost", database: "shop", user: me }],
  [
    "postgresql://a@[::1]:6000/d",
    { host: "::1", port: 6000, tls: { mode: "disable" }, display: "postgresql://a@[::1]:6000/d" },
  ],
  ["postgresql://a@[2001:db8::1]/d", { host: "2001:db8::1", tls: { mode: "verify-full" } }],
  [
    "postgresql://a@[fe80::1%25eth0]/d",
    { host: "fe80::1%eth0", display: "postgresql://a@[fe80::1%25eth0]/d" },
  ],
  ["postgresql://a@127.9.8.7/d", { tls: { mode: "disable" } }],
  ["postgresql://a@127.0.0.256/d", { tls: { mode: "verify-full" } }],
  ["postgresql://a@localhost.example.com/d", { tls: { mode: "verify-full" } }],
  ["postgresql://a@LOCALHOST/d", { host: "localhost", tls: { mode: "disable" } }],
  ["postgresql://a:b:c@h/d", { user: "a", password: "b:c" }],
  ["postgresql://p%40u:p%3A%2F%3F%23@h/d%2Fe", { user: "p@u", password: "p:/?#", database: "d/e" }],
  ["postgresql://a+b:c+d@h/e+f", { user: "a+b", password: "c+d", database: "e+f" }],
  [
    "postgresql://a@h/d%22%0A%E2%80%AE",
    { database: 'd"\n\u202e', display: "postgresql://a@h/d%22%0A%E2%80%AE" },
  ],
  [
    "postgresql:///d?host=/var/run/postgresql&port=5433",
    { host: "/var/run/postgresql", port: 5433, tls: { mode: "disable" } },
  ],
  [
    "postgresql://a@%2Fvar%2Frun%2Fpostgresql/d",
    {
      host: "/var/run/postgresql",
      tls: { mode: "disable" },
      display: "postgresql://a@/d?host=/var/run/postgresql",
    },
  ],
  [
    "postgresql://a@h/d?sslmode=disable",
    { tls: { mode: "disable" }, display: "postgresql://a@h/d?sslmode=disable" },
  ],
  ["postgresql://a@localhost/d?sslmode=require", { tls: { mode: "require" } }],
  ["postgresql://a@localhost/d?sslrootcert=/ca.pem", { tls: { mode: "verify-full", ca: "/ca.pem" } }],
  [
    "postgresql://a@h/d?sslmode=verify-ca&sslrootcert=ca.pem&sslcert=c.pem&sslkey=k.pem",
    { tls: { mode: "verify-ca", ca: "/base/ca.pem", cert: "/base/c.pem", key: "/base/k.pem" } },
  ],
  ["postgresql://a@h/d?connect_timeout=7", { parameters: { connect_timeout: "7" } }],
  [
    "postgresql://a@h/d?options=-c%20search_path%3Dapp%20-crole%3Downer",
    { parameters: { options: "-c search_path=app -c role=owner" } },
  ],
  ["mysql://root@db/shop", { engine: "mysql", port: 3306, password: "", tls: { mode: "verify-full" } }],
  [
    "mariadb://root:geheim@localhost/shop",
    { engine: "mysql", scheme: "mariadb", display: "mariadb://root@localhost/shop" },
  ],
  [
    "mysql://root@localhost/shop?socket=/run/mysqld/mysqld.sock",
    {
      host: "/run/mysqld/mysqld.sock",
      tls: { mode: "disable" },
      display: "mysql://root@/shop?socket=/run/mysqld/mysqld.sock",
    },
  ],
  ["mysql://a@h/d?ssl-mode=VERIFY_IDENTITY", { tls: { mode: "verify-full" } }],
  ["mysql://a@h/d?ssl-mode=VERIFY_CA&ssl-ca=/ca.pem", { tls: { mode: "verify-ca", ca: "/ca.pem" } }],
  ["mysql://a@h/d?sslmode=REQUIRED", { tls: { mode: "require" } }],
  ["mysql://a@h/d?ssl-mode=DISABLED&charset=utf8mb4", { tls: { mode: "disable" }, parameters: {} }],
  [
    "sqlite:app.db",
    { engine: "sqlite", database: "/base/app.db", display: "sqlite:app.db", port: 0, host: "" },
  ],
  ["sqlite:./rel.db", { database: "/base/rel.db" }],
  ["sqlite:../rel.db", { database: "/rel.db" }],
  ["sqlite:///abs/a.db", { database: "/abs/a.db" }],
  ["sqlite:/abs/a.db", { database: "/abs/a.db" }],
  ["sqlite::memory:", { database: ":memory:", display: "sqlite::memory:" }],
  ["sqlite:a%20b%3F.db", { database: "/base/a b?.db" }],
];

test("URLs that are understood", () => {
  for (const [url, expected] of good) {
    const target = parseConnectionUrl(url, "/base");
    for (const [key, value] of Object.entries(expected)) {
      assert.deepEqual(target[key as keyof Target], value, `${url} ${key}`);
    }
    assert.ok(Object.isFrozen(target) && Object.isFrozen(target.tls) && Object.isFrozen(target.parameters));
  }
});

const refused: readonly [string, RegExp][] = [
  ["", /does not begin with a scheme/],
  ["localhost/db", /does not begin with a scheme/],
  ["http://a@h/d", /does not begin with a scheme/],
  ["__proto__://a@h/d", /does not begin with a scheme/],
  ["postgresql:a@h/d", /does not begin with postgresql:\/\//],
  ["POSTGRESQL://a@h/d", /lower case/],
  ["mongodb+srv://a@h/d", /not supported yet/],
  ["sqlserver://a@h/d", /not supported yet/],
  ["file:app.db", /file: URL is no connection URL/],
  ["postgresql://u:p@ss:/#?@h/d", /must be percent-encoded/],
  ["postgresql://u:p@ss@h/d", /more than one @/],
  ["postgresql://u:12/ss@h/d", /one in the wrong place/],
  ["postgresql://u:12?ss@h/d", /one in the wrong place/],
  ["postgresql://u:p/ss", /port .* is not a number/],
  ["postgresql://u:p%00w@h/d", /NUL/],
  ["postgresql://u@h/d%00", /NUL/],
  ["postgresql://u:50%@h/d", /does not begin a valid UTF-8 escape/],
  ["postgresql://u:%ff@h/d", /does not begin a valid UTF-8 escape/],
  ["postgresql://u:%zz@h/d", /does not begin a valid UTF-8 escape/],
  ["postgresql://h1,h2/d", /several hosts/],
  ["postgresql://u@h1:1,h2:2/d", /several hosts/],
  ["postgresql:///d?host=/a,/b", /several hosts/],
  ["postgresql:///d?host=a,b", /several hosts/],
  ["postgresql://h/d?host=/sock", /two hosts/],
  ["postgresql://:1/d?host=/sock&port=2", /two ports/],
  ["postgresql://u@::1/d", /brackets/],
  ["postgresql://u@[::1/d", /malformed/],
  ["postgresql://u@[abc]/d", /no IPv6/],
  ["postgresql://u@h:/d", /port/],
  ["postgresql://u@h:0/d", /port/],
  ["postgresql://u@h:65536/d", /port/],
  ["postgresql://u@h:5e3/d", /port/],
  ["postgresql://u@-h/d", /no host name/],
  ["postgresql://u@hö/d", /no host name/],
  ["postgresql://u@h/a/b", /more than one part/],
  ["postgresql://u@h&x/d", /& or \?/],
  ["postgresql://u@h/d?a", /name=value/],
  ["postgresql://u@h/d?sslmode=", /empty/],
  ["postgresql://u@h/d?sslmode=require&sslmode=disable", /twice/],
  ["postgresql://u@h/d?sslmod=require", /unknown parameter sslmod; did you mean "sslmode"/],
  ["postgresql://u@h/d?__proto__=1", /unknown parameter/],
  ["postgresql://u@h/d?constructor=1", /unknown parameter/],
  ["postgresql://u@h/d?sslmode=prefer", /falls back/],
  ["postgresql://u@h/d?sslmode=allow", /falls back/],
  ["postgresql://u@h/d?sslmode=VERIFY_CA", /unknown/],
  ["postgresql://u@h/d?sslcert=/c", /not both/],
  ["postgresql://u@h/d?sslmode=disable&sslrootcert=/c", /disables TLS/],
  ["postgresql:///d?host=/sock&sslmode=require", /Unix socket/],
  ["postgresql://u@h/d?application_name=x", /Godwit sets it/],
  ["postgresql://u@h/d?password=hunter22", /before the host/],
  ["postgresql://u@h/d?schema=x", /search_path/],
  ["postgresql://u@h/d?connect_timeout=0", /whole number/],
  ["postgresql://u@h/d?connect_timeout=1.5", /whole number/],
  ["postgresql://u@h/d?options=-c%20statement_timeout%3D0", /sets it itself/],
  ["postgresql://u@h/d?options=--foo%3Dbar", /-c name=value/],
  ["postgresql://u@h/d?options=-c%20a", /-c name=value/],
  ["postgresql://u@h/d?options=-c+a%3Db", /-c name=value/],
  ["mysql://localhost/d", /names no user/],
  ["mysql://root@localhost", /names no database/],
  ["mysql://root@h/d?charset=latin1", /utf8mb4/],
  ["mysql://root@h/d?ssl-mode=PREFERRED", /falls back/],
  ["mysql://root@h/d?ssl-mode=REQUIRED&sslmode=disable", /twice/],
  ["mysql://root@localhost/d?socket=rel.sock", /absolute/],
  ["mysql://root@h/d?socket=/a.sock", /two hosts/],
  ["mysql://root@%2Frun%2Fmysqld.sock/d", /Unix socket as its host/],
  ["mysql://root@h/d?sslrootcert=/x", /unknown parameter/],
  ["sqlite:", /names no file/],
  ["sqlite:dir/", /names no file/],
  ["sqlite://host/a.db", /no host/],
  ["sqlite::memry:", /begins with a colon/],
  ["sqlite::memory:?cache=shared", /no parameter but mode=ro/],
  ["sqlite:file:a.db", /not a file: URI/],
  ["sqlite:FILE:a.db", /not a file: URI/],
  ["sqlite:~/a.db", /not expanded/],
  ["sqlite:a%00.db", /NUL/],
  ["sqlite:a b.db", /percent-encoded/],
  [`postgresql://u@h/${"d".repeat(9000)}`, /longer than 8192/],
];

test("URLs that are refused with GW1003", () => {
  for (const [url, message] of refused) {
    assert.throws(
      () => parseConnectionUrl(url),
      (error) => error instanceof GodwitError && error.code === "GW1003" && message.test(error.message),
      url.slice(0, 80),
    );
  }
});

test("white space, control characters and shell metacharacters are refused wherever they stand", () => {
  for (const character of " \t\n\r\0;|<>(){}$`\"'\\^#\u00a0\u200b\u202e\u2028\ud800") {
    for (const url of [
      `postgresql://u:pa${character}ss@h/d`,
      `mysql://u@h/d${character}`,
      `sqlite:a${character}`,
    ]) {
      assert.throws(
        () => parseConnectionUrl(url),
        (error) => error instanceof GodwitError && error.code === "GW1003",
        JSON.stringify(url),
      );
    }
  }
});

test("the hint for a password with special characters says how to write them", () => {
  assert.throws(
    () => parseConnectionUrl("postgresql://user:p@ss:/#?@host/db"),
    (error) =>
      error instanceof GodwitError && /@ is %40/.test(error.hint) && !JSON.stringify(error).includes("p@ss"),
  );
});

test("the password is redacted from then on, as written and decoded, also when the URL is refused", () => {
  parseConnectionUrl("postgresql://app:gehe%40im@h/d");
  assert.equal(redact("gehe@im gehe%40im"), "*** ***");
  assert.throws(() => parseConnectionUrl("postgresql://app:bro@ken#1@h/d"));
  assert.throws(() => parseConnectionUrl("postgresql://app@h/d?password=hunter22"));
  assert.equal(redact("bro@ken#1 hunter22"), "*** ***");
});

test("a password that the URL shows anyway is not redacted, since that would blank every message", () => {
  const target = parseConnectionUrl("postgresql://postgres:postgres@localhost/app");
  assert.equal(redact(target.display), "postgresql://postgres@localhost/app");
});

const password = fc
  .oneof(
    fc.string({ unit: "binary", minLength: 4, maxLength: 30 }),
    fc.string({ unit: fc.constantFrom(..."@:/?#[]%&=+ ;$'\"\\aZ0\n"), minLength: 4, maxLength: 12 }),
  )
  .filter((text) => !text.includes("\0") && text.isWellFormed());

test("property: any password round-trips when encoded, and is not in what is shown", () => {
  fc.assert(
    fc.property(password, fc.constantFrom("postgresql", "mysql"), (secret, scheme) => {
      const target = parseConnectionUrl(`${scheme}://u:${encodePart(secret)}@h/d`);
      assert.equal(target.password, secret);
      assert.equal(target.display, `${scheme}://u@h/d`);
    }),
    { numRuns: 300 },
  );
});

test("property: a URL with a raw password parses to it, or fails without showing it", () => {
  fc.assert(
    fc.property(password, fc.constantFrom("postgresql", "mysql", "mongodb", "oops"), (secret, scheme) => {
      let target: Target;
      try {
        target = parseConnectionUrl(`${scheme}://u:${secret}@h/d`);
      } catch (error) {
        assert.ok(error instanceof GodwitError && error.code === "GW1003" && error.cause === undefined);
        // Names of functions and files are no part of what a secret could be in: "prop" is in fast-check's.
        const stack = error.stack?.replaceAll(/^ +at .*$/gm, "");
        const shown = `${error.message} ${JSON.stringify(error.details)} ${stack}`.replaceAll(
          encodedTable,
          "",
        );
        // The fixed text of a message can hold a few of the characters in a row; nothing else may.
        const fixed = "white space, a control character, #, or one of ; | < > ( ) { } $ ` \" ' \\ ^.";
        assert.ok(!shown.replaceAll(fixed, "").includes(secret), shown);
        return;
      }
      // Escapes in the raw text were read as such; everything else is taken literally.
      assert.equal(target.password, decodeURIComponent(secret));
      assert.equal(target.host, "h");
      assert.equal(target.display, `${scheme}://u@h/d`);
    }),
    { numRuns: 500 },
  );
});

const encodedTable = /@ is %40[^\n]*/g;
