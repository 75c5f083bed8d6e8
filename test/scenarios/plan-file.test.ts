import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import test from "node:test";
import {
  apply,
  applyPlan,
  freezePlan,
  type FrozenPlan,
  type ProjectOptions,
  rollback,
  validate,
} from "../../src/index.ts";
import { digest } from "../../src/core/canonical.ts";
import { contentHash, frozenHash } from "../../src/core/frozen-plan.ts";
import { readPlanFile } from "../../src/review/plan-file.ts";
import { crashAt } from "../support/crash.ts";
import { target, targets } from "../support/servers.ts";
import {
  ledgerTable,
  refused,
  refusedUnchanged,
  type Scene,
  scene,
  stem,
  tableNames,
  tables,
  version,
} from "./scene.ts";

const file = "plan.json";

async function frozen(own: Scene, more: Parameters<typeof freezePlan>[0] = {}): Promise<FrozenPlan> {
  const plan = await freezePlan({ ...own.options, output: file, as: "Ann", ...more });
  assert.ok(plan !== null);
  return plan;
}

const applyFile = (own: Scene, more: Partial<ProjectOptions> = {}) =>
  applyPlan({ ...own.options, ...more, file });

for (const { name, skip } of targets) {
  test(`${name}: what was reviewed is what runs, there and back`, { skip }, async () => {
    await scene(name, tables(1, 2), async (own) => {
      const plan = await frozen(own);
      assert.equal(plan.author, "Ann");
      assert.deepEqual(
        plan.undo?.steps.map(({ unit }) => unit),
        [version(2), version(1)],
      );
      // What is written after the plan was made is no part of it.
      await own.write(tables(3));
      const result = await applyFile(own);
      assert.equal(result.state, "done");
      assert.deepEqual(await tableNames(own), ["t1", "t2"]);
      const [row] = await own.sql(
        `SELECT p.plan_hash AS plan, r.plan_hash AS run, p.content_hash AS content, p.author AS author, p.body AS body
           FROM ${ledgerTable(name, "plan")} p JOIN ${ledgerTable(name, "run")} r ON r.id = p.run_id`,
      );
      assert.deepEqual(
        [row?.plan, row?.run, row?.content, row?.author],
        [plan.hash, plan.hash, plan.contentHash, "Ann"],
      );
      assert.deepEqual(JSON.parse(String(row?.body)), plan);

      assert.equal((await applyFile(own)).state, "nothing");
      const back = await frozen(own, { of: "rollback", to: "0" });
      assert.equal((await applyFile(own)).plan?.hash, back.hash);
      assert.deepEqual(await tableNames(own), []);
      assert.deepEqual((await validate(own.options)).problems, []);

      // The first plan was carried out once; now it would be another one.
      await writeFile(join(own.folder, file), `${JSON.stringify(plan)}\n`);
      const stale = await refusedUnchanged(own, () => applyFile(own), "GW8101");
      assert.match(stale.message, /since then somebody .*rolled back/);
    });
  });

  test(
    `${name}: a database that changed makes the plan stale, and the difference is shown`,
    { skip },
    async () => {
      await scene(name, tables(1, 2), async (own) => {
        await apply({ ...own.options, to: version(1) });
        await frozen(own);
        await own.sql("ALTER TABLE t1 ADD COLUMN sneaked int");
        const changed = await refusedUnchanged(own, () => applyFile(own), "GW8101");
        assert.match(JSON.stringify(changed.details.edits), /\\n\+[^\n]*sneaked/);
        await own.sql("ALTER TABLE t1 DROP COLUMN sneaked");
        await apply(own.options);
        const applied = await refusedUnchanged(own, () => applyFile(own), "GW8101");
        assert.match(applied.message, new RegExp(`since then somebody applied ${stem(2)}`));
        await rollback(own.options);
        await refusedUnchanged(own, () => applyFile(own), "GW8101");
      });
    },
  );
}

test(
  "a plan is for the schema, and the modes, that its session had",
  { skip: target("postgres").skip || target("mariadb").skip },
  async () => {
    await scene("postgres", tables(1), async (own) => {
      await own.sql("CREATE SCHEMA other");
      await frozen(own);
      const url = `${own.url}${own.url.includes("?") ? "&" : "?"}options=-csearch_path%3Dother`;
      const error = await refusedUnchanged(own, () => applyFile(own, { url }), "GW8101");
      assert.match(error.message, /made for the schemas public, and this session has the schemas other/);
      assert.equal((await applyFile(own)).state, "done");
    });
    await scene("mariadb", tables(1), async (own) => {
      await frozen(own);
      const plan = JSON.parse(await readFile(join(own.folder, file), "utf8"));
      plan.target.settings = "the sql_mode ANSI_QUOTES";
      plan.hash = frozenHash(plan);
      await writeFile(join(own.folder, file), JSON.stringify(plan));
      assert.match((await refusedUnchanged(own, () => applyFile(own), "GW8101")).message, /sql_mode/);
    });
  },
);

test("a plan is for its own database", async () => {
  await scene("sqlite", tables(1), async (own) => {
    const plan = structuredClone(await frozen(own)) as any;
    plan.target.server = "another";
    plan.hash = frozenHash(plan);
    await writeFile(join(own.folder, file), JSON.stringify(plan));
    const elsewhere = await refusedUnchanged(own, () => applyFile(own), "GW8101");
    assert.match(elsewhere.message, /it was made on the server another, and this is /);
    await frozen(own);
    await scene("sqlite", {}, async (other) => {
      const error = await refused(applyFile(own, { url: other.url }), "GW8101");
      assert.match(error.message, /it was made for the database .*, and this is /);
      assert.deepEqual(await tableNames(other), []);
    });
  });
});

test(
  "a killed run goes on with the plan that it began, and with no other",
  { skip: target("postgres").skip },
  async () => {
    const bare = {
      [`${stem(1)}.up.sql`]: "CREATE TABLE t0 (id int);\n",
      [`${stem(2)}.up.sql`]: "CREATE TABLE t1 (id int);\nVACUUM t1;\nCREATE TABLE t2 (id int);\n",
    };
    await scene("postgres", bare, async (own) => {
      const plan = await frozen(own);
      await crashAt({ name: "bare:after-statement", nth: 1 }, ["apply", file], {
        cwd: own.folder,
        env: { GODWIT_URL: own.url },
      });
      assert.deepEqual(await tableNames(own), ["t0", "t1"]);
      // A plan for what is left is another plan: made now, it names what is half done.
      const later = await freezePlan({ ...own.options, as: "Ann" });
      assert.equal(later?.target.unfinished?.steps.length, 2);
      const result = await applyFile(own);
      assert.equal(result.plan?.hash, plan.hash);
      assert.equal(result.epoch, 2);
      assert.deepEqual(await tableNames(own), ["t0", "t1", "t2"]);
      await writeFile(join(own.folder, file), JSON.stringify(later));
      const error = await refused(applyFile(own), "GW8101");
      assert.match(error.message, /the unfinished run .* is over/);
    });
  },
);

test("files that changed since are told; a script that would run from one is refused", async () => {
  const script = (table: string) =>
    `export async function up(db) {\n  await db.execute("CREATE TABLE ${table} (id int)");\n}\n`;
  await scene("sqlite", { ...tables(1), "20260101000002_s.ts": script("s") }, async (own) => {
    await frozen(own);
    await own.write({ "20260101000002_s.ts": script("evil") });
    await refusedUnchanged(own, () => applyFile(own), "GW8110");
    await own.write({
      "20260101000002_s.ts": script("s"),
      [`${stem(1)}.up.sql`]: "CREATE TABLE other (id int);\n",
    });
    await applyFile(own);
    assert.deepEqual(await tableNames(own), ["s", "t1"]);
    const told = own.events.filter((event) => event.type === "warning:raised");
    assert.deepEqual(
      told.map(({ code }) => code),
      ["GW8110"],
    );
  });
});

test("a script that is changed while the run is under way does not run", async () => {
  const name = "20260101000002_s.ts";
  const script = (table: string) =>
    `export async function up(db) {\n  await db.execute("CREATE TABLE ${table} (id int)");\n}\n`;
  const first = `import { writeFileSync } from "node:fs";
import { join } from "node:path";
export async function up(db) {
  await db.execute("CREATE TABLE f (id int)");
  writeFileSync(join(import.meta.dirname, "${name}"), ${JSON.stringify(script("evil"))});
}
`;
  await scene("sqlite", { "20260101000001_f.ts": first, [name]: script("s") }, async (own) => {
    await frozen(own);
    const error = await refused(applyFile(own), "GW8110");
    assert.match(error.message, /changed since the run began/);
    assert.deepEqual(await tableNames(own), ["f"]);
  });
});

test(
  "bodies with statements in them are one statement of a plan, too",
  {
    skip: target("mariadb").skip || target("postgres").skip,
  },
  async () => {
    const body = "BEGIN\n  IF a > 1 THEN SELECT 1; END IF;\n  SELECT 2;\nEND";
    const text = `DELIMITER //\nCREATE PROCEDURE p(a int) ${body}//\nCREATE PROCEDURE q(a int) ${body}//\nDELIMITER ;\nCREATE PROCEDURE r(a int) ${body};\n`;
    await scene("mariadb", { [`${stem(1)}.up.sql`]: text }, async (own) => {
      await frozen(own);
      assert.equal((await applyFile(own)).state, "done");
    });
    const function_ =
      "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN PERFORM 1; RETURN 2; END $$;\n";
    const files = {
      [`${stem(1)}.up.sql`]: function_,
      [`${stem(2)}.up.sql`]:
        "-- godwit: no-transaction\nCREATE TABLE a (id int);\nCREATE INDEX CONCURRENTLY i ON a (id);\n",
    };
    await scene("postgres", files, async (own) => {
      await frozen(own);
      assert.equal((await applyFile(own)).state, "done");
    });
  },
);

test("a plan that was written by hand gets nothing past the judge of migration files", async () => {
  const script =
    "export async function up(db) {\n  await db.execute('CREATE TABLE s (id int)');\n}\nexport async function down() {}\n";
  await scene("sqlite", { ...tables(1), "20260101000002_s.ts": script }, async (own) => {
    const plan = await frozen(own);
    const forged = async (code: "GW8103" | "GW2007" | "GW8110", edit: (copy: any) => void) => {
      const copy = structuredClone(plan) as any;
      edit(copy);
      copy.contentHash = contentHash(copy.kind, copy.steps);
      copy.hash = frozenHash(copy);
      await writeFile(join(own.folder, file), JSON.stringify(copy));
      await refusedUnchanged(own, () => applyFile(own), code);
    };
    await forged("GW2007", (copy) => (copy.steps[0].statements[0].text = "COMMIT"));
    await forged("GW8103", (copy) => (copy.steps[0].statements[0].text += "; DROP TABLE x"));
    // The way back runs by itself where the guard aborts the run.
    await forged("GW2007", (copy) => (copy.undo.steps.at(-1).statements[0].text = "COMMIT"));
    await forged("GW8103", (copy) => (copy.steps[0].statements[0].session = true));
    await forged("GW8103", (copy) => (copy.steps[0].statements[0].label = "SELECT"));
    // By its hash a gate takes the step for the one that ran elsewhere.
    await forged("GW8103", (copy) => copy.steps[0].statements.push(copy.steps[0].statements[0]));
    await forged("GW8103", (copy) => (copy.steps[1].history[0].rawHash = copy.hash));
    await forged("GW8110", (copy) => (copy.files = []));
    await forged("GW8110", (copy) => {
      copy.steps[1].file = "../outside.ts";
      copy.files = [{ path: "../outside.ts", hash: copy.hash }];
    });
  });
});

for (const name of ["postgres", "mariadb"] as const) {
  test(
    `${name}: a plan that was written by hand gets no SQL past the reviewers with the rows that are kept`,
    { skip: target(name).skip },
    async () => {
      const files = {
        [`${stem(1)}.up.sql`]:
          "CREATE TABLE orders (id int PRIMARY KEY, n int);\nINSERT INTO orders VALUES (1, 1);\n",
        [`${stem(2)}.up.sql`]:
          "SET lock_timeout = 1000;\n-- godwit: snapshot\nUPDATE orders SET n = 2 WHERE id = 1;\n".replace(
            "lock_timeout",
            name === "postgres" ? "lock_timeout" : "lock_wait_timeout",
          ),
      };
      await scene(name, files, async (own) => {
        await apply({ ...own.options, to: version(1) });
        const plan = (await frozen(own)) as any;
        const sqlAt = plan.steps.findLastIndex((step: any) => step.kind === "sql");
        const keepsOf = (step: any) => step.keeps ?? step.statements.flatMap((one: any) => one.keeps ?? []);
        /** `edit` gets each place where the plan says which rows are kept; the hashes are right again after it. */
        const forged = async (edit: (keeps: any, kind: string) => void, more = (_: any) => {}) => {
          const copy = structuredClone(plan);
          for (const step of copy.steps) {
            for (const keeps of keepsOf(step)) edit(keeps, step.kind);
            if (step.kind === "row-tables") step.hash = digest(step.keeps.map(({ change }: any) => change));
          }
          more(copy.steps[sqlAt]);
          copy.contentHash = contentHash(copy.kind, copy.steps);
          copy.hash = frozenHash(copy);
          await writeFile(join(own.folder, file), JSON.stringify(copy));
          await refusedUnchanged(own, () => applyFile(own), "GW8103");
        };
        await forged(({ change }) => (change.rows = `SELECT 1; DELETE FROM orders; ${change.rows}`));
        await forged(({ change }) => (change.table.name = "others"));
        // It would be dropped, to make room.
        await forged((keeps) => (keeps.before = "orders"));
        await forged((keeps) => (keeps.after = "orders"));
        if (name === "mariadb") await forged((keeps, kind) => kind === "row-tables" && (keeps.before += "x"));
        const [other] = plan.steps[sqlAt].statements.slice(-1);
        await forged(
          () => {},
          (step) => (step.preamble = [{ ...other, keeps: undefined }]),
        );
        await writeFile(join(own.folder, file), JSON.stringify(plan));
        assert.equal((await applyFile(own)).state, "done");
      });
    },
  );
}

test("a plan that was cut off, damaged, edited or is none is refused, and nothing is changed", async () => {
  await scene("sqlite", tables(1), async (own) => {
    const plan = await frozen(own);
    const path = join(own.folder, file);
    const bytes = await readFile(path);
    const before = await own.dump();
    const codes = new Set<string>();
    const tried = async (what: string, content: Uint8Array | string) => {
      await writeFile(path, content);
      const outcome = await readPlanFile(path).then(
        () => `${what} was taken`,
        (error: { code?: string }) => error.code ?? String(error),
      );
      assert.match(outcome, /^GW810[23]$/, what);
      codes.add(outcome);
    };
    for (let at = 0; at < bytes.length; at += 5) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      await tried(`bit ${at % 8} of byte ${at}`, damaged);
    }
    // The line end is no part of the document.
    for (let length = 0; length < bytes.length - 1; length += 67)
      await tried(`${length} bytes`, bytes.subarray(0, length));
    const edited: Record<string, (copy: Record<string, any>) => void> = {
      "an unknown key": (copy) => (copy["extra"] = 1),
      "an unknown key of a step": (copy) => (copy["steps"][0].extra = 1),
      "another type": (copy) => (copy["steps"][0].transaction = "yes"),
      "another kind of step": (copy) => (copy["steps"][0].kind = "shell"),
      "a later format": (copy) => (copy["format"] = 2),
      "the hash of other steps": (copy) => (copy["contentHash"] = copy["hash"]),
      "no steps": (copy) => delete copy["steps"],
    };
    for (const [what, edit] of Object.entries(edited)) {
      const copy = structuredClone(plan) as unknown as Record<string, any>;
      edit(copy);
      // Whoever edits can compute a hash: the shape has to be right all the same.
      copy["hash"] = frozenHash(copy as unknown as FrozenPlan);
      await tried(what, JSON.stringify(copy));
    }
    await tried("other JSON", "{}");
    await tried("what --json prints", JSON.stringify({ godwit: 1, type: "result", plan }));
    await tried("two keys", bytes.toString().replace('"format"', '"author": "Bob", "format"'));
    assert.deepEqual([...codes].sort(), ["GW8102", "GW8103"]);
    await refused(applyFile(own), "GW8102");
    assert.equal(await own.dump(), before);
  });
});
