import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { applyPlan, approve, freezePlan, type FrozenPlan } from "../../src/index.ts";
import { type Approval, approvalMessage, approvalSeal } from "../../src/core/approval.ts";
import { keyFingerprint } from "../../src/core/ssh-key.ts";
import { isSignedBy, signatureNamespace } from "../../src/core/ssh-signature.ts";
import { readPlanFile } from "../../src/review/plan-file.ts";
import { makeProject } from "../support/project.ts";
import { godwit } from "../support/cli.ts";
import { ledgerTable, refused, refusedUnchanged, type Scene, scene, tables } from "./scene.ts";

const file = "plan.json";

/** A project with a plan of Ann's. */
async function planned(play: (own: Scene, plan: FrozenPlan) => Promise<void>): Promise<void> {
  await scene("sqlite", tables(1), async (own) => {
    const plan = await freezePlan({ ...own.options, output: file, as: "Ann" });
    assert.ok(plan !== null);
    await play(own, plan);
  });
}

const approveAs = (own: Scene, as: string, more: { key?: string; ticket?: string } = {}) =>
  approve({ cwd: own.folder, env: {}, file, as, ...more });

const applyFile = (own: Scene) => applyPlan({ ...own.options, file });

/** An OpenSSH key; its path, and its public half. */
function sshKey(
  folder: string,
  name: string,
  passphrase = "",
  kind = "ed25519",
): { path: string; pub: string } {
  const path = join(folder, name);
  execFileSync("ssh-keygen", ["-q", "-a", "1", "-t", kind, "-N", passphrase, "-C", name, "-f", path]);
  return { path, pub: execFileSync("cat", [`${path}.pub`], { encoding: "utf8" }).trim() };
}

const configure = (own: Scene, approvers: Readonly<Record<string, string | null>>) =>
  writeFile(join(own.folder, "godwit.config.json"), JSON.stringify({ approvers }));

/** The plan with other approvals, sealed as a forger would seal them. */
async function forge(own: Scene, plan: FrozenPlan, approvals: readonly Approval[]): Promise<void> {
  const sealed = approvals.map((approval) => ({ ...approval, seal: approvalSeal(plan, approval) }));
  await writeFile(join(own.folder, file), JSON.stringify({ ...plan, approvals: sealed }));
}

test("an approval is kept in the file, and in the ledger when the plan runs", async () => {
  await planned(async (own, plan) => {
    await approveAs(own, "Bob", { ticket: "OPS-17" });
    const approved = await readPlanFile(join(own.folder, file));
    assert.equal(approved.hash, plan.hash);
    assert.deepEqual(
      approved.approvals.map(({ approver, ticket, key }) => [approver, ticket, key]),
      [["Bob", "OPS-17", null]],
    );
    await applyFile(own);
    const [row] = await own.sql(`SELECT * FROM ${ledgerTable(own.name, "approval")}`);
    assert.deepEqual(
      [row?.plan_hash, row?.approver, row?.author, row?.ticket],
      [plan.hash, "Bob", "Ann", "OPS-17"],
    );
  });
});

test("neither the author nor anybody twice approves, however the name is written", async () => {
  await planned(async (own) => {
    for (const name of ["Ann", " ann ", "ＡＮＮ"]) await refused(approveAs(own, name), "GW8104");
    await approveAs(own, "Bob");
    const before = await readFile(join(own.folder, file), "utf8");
    await refused(approveAs(own, "bob"), "GW8104");
    await refused(approveAs(own, "Bo\u0007b"), "GW1001");
    assert.equal(await readFile(join(own.folder, file), "utf8"), before);
  });
});

test("an approval that was put into the file by hand does not count either", async () => {
  await planned(async (own, plan) => {
    await approveAs(own, "Bob");
    const [bob] = (await readPlanFile(join(own.folder, file))).approvals;
    assert.ok(bob !== undefined);
    // A name that was only changed has the seal of another.
    await writeFile(
      join(own.folder, file),
      JSON.stringify({ ...plan, approvals: [{ ...bob, approver: "Eve" }] }),
    );
    await refusedUnchanged(own, () => applyFile(own), "GW8103");
    for (const approvals of [[{ ...bob, approver: "ANN" }], [bob, { ...bob, approver: "BOB" }]]) {
      await forge(own, plan, approvals);
      await refusedUnchanged(own, () => applyFile(own), "GW8104");
    }
    // The approval of one plan is none of another one.
    await own.write(tables(2));
    const other = await freezePlan({ ...own.options, as: "Ann" });
    await writeFile(join(own.folder, file), JSON.stringify({ ...other, approvals: [bob] }));
    await refusedUnchanged(own, () => applyFile(own), "GW8103");
  });
});

test("a signature is checked against the configuration's key, and ssh-keygen agrees", async () => {
  await planned(async (own, plan) => {
    const bob = sshKey(own.folder, "bob");
    const eve = sshKey(own.folder, "eve");
    await configure(own, { Bob: bob.pub, Carol: null });
    assert.match((await refused(approveAs(own, "Bob"), "GW8104")).message, /did not sign/);
    assert.match((await refused(approveAs(own, "Bob", { key: eve.path }), "GW8104")).message, /another key/);
    assert.match((await refused(approveAs(own, "Eve", { key: eve.path }), "GW8104")).message, /none of the/);
    assert.match((await refused(approveAs(own, "Carol"), "GW8104")).message, /no key in the configuration/);
    const { approvals } = await approveAs(own, "Bob", { key: bob.path });
    const [approval] = approvals;
    assert.ok(approval?.signature && approval.key);
    assert.equal(keyFingerprint(approval.key), fingerprintOf(bob.path));
    const files = {
      message: approvalMessage(plan, approval),
      signature: approval.signature,
      signers: `bob ${bob.pub}\n`,
    };
    await using place = await makeProject(files);
    const verified = execFileSync(
      "ssh-keygen",
      [
        "-Y",
        "verify",
        "-n",
        signatureNamespace,
        "-I",
        "bob",
        "-f",
        join(place.folder, "signers"),
        "-s",
        join(place.folder, "signature"),
      ],
      { input: files.message, encoding: "utf8" },
    );
    assert.match(verified, /Good "godwit-plan" signature for bob/);

    // Each thing that the signature covers, changed: the seal is made anew, and only the signature finds it.
    const forgeries: readonly Approval[] = [
      { ...approval, ticket: "OPS-1" },
      { ...approval, approvedAt: "2020-01-01T00:00:00.000Z" },
      { ...approval, accepts: ["drops-data"] },
      { ...approval, signature: approval.signature.replace("U1NIU0lH", "U1NIU0lI") },
      { ...approval, key: null, signature: null },
    ];
    for (const forged of forgeries) {
      await forge(own, plan, [forged]);
      await refusedUnchanged(own, () => applyFile(own), "GW8104");
    }
    // One key under two names is one person; without a list of names it is found by the key.
    await configure(own, {});
    await writeFile(join(own.folder, "godwit.config.json"), "{}");
    await forge(own, plan, [{ ...approval, key: null }]);
    await refusedUnchanged(own, () => applyFile(own), "GW8104");
    await writeFile(join(own.folder, file), JSON.stringify({ ...plan, approvals: [approval] }));
    assert.match((await refused(approveAs(own, "Dan", { key: bob.path }), "GW8104")).message, /another name/);
    await configure(own, { Bob: bob.pub });
    assert.equal((await applyFile(own)).state, "done");
    const [row] = await own.sql(`SELECT * FROM ${ledgerTable(own.name, "approval")}`);
    assert.equal(row?.key_fingerprint, fingerprintOf(bob.path));
  });
});

test("keys: PEM signs, ssh-keygen signs for an agent, and what cannot sign is refused by name", async () => {
  await planned(async (own) => {
    const pem = join(own.folder, "pem");
    const { privateKey } = generateKeyPairSync("ed25519");
    await writeFile(pem, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
    const { approvals } = await approveAs(own, "Pam", { key: pem });
    assert.ok(approvals[0]?.key?.startsWith("ssh-ed25519 "));

    const refusedKey = async (path: string, why: RegExp) =>
      assert.match((await refused(approveAs(own, "Bob", { key: path }), "GW8108")).message, why);
    const open = sshKey(own.folder, "open");
    await chmod(open.path, 0o644);
    await refusedKey(open.path, /can be read by other users/);
    await refusedKey(sshKey(own.folder, "ecdsa", "", "ecdsa").path, /of the kind ecdsa-sha2-nistp256/);
    const damaged = join(own.folder, "damaged");
    await writeFile(damaged, (await readFile(sshKey(own.folder, "whole").path, "utf8")).slice(0, 150), {
      mode: 0o600,
    });
    await refusedKey(damaged, /cannot be read/);
    // Without a terminal nobody can type the passphrase: ssh-keygen says so, and nothing hangs.
    const hidden = sshKey(own.folder, "hidden", "correct horse");
    const cli = await godwit(["approve", file, "--as", "Bob", "--key", hidden.path], { cwd: own.folder });
    assert.equal(cli.code, 1);
    assert.match(cli.stderr, /GW8108.*ssh-keygen says/);

    const agent = execFileSync("ssh-agent", ["-s"], { encoding: "utf8" });
    const [, socket = ""] = /SSH_AUTH_SOCK=([^;]+)/.exec(agent) ?? [];
    const [, pid = ""] = /SSH_AGENT_PID=(\d+)/.exec(agent) ?? [];
    try {
      const env = { ...process.env, SSH_AUTH_SOCK: socket };
      const held = sshKey(own.folder, "held");
      execFileSync("ssh-add", ["-q", held.path], { env, stdio: "pipe" });
      await writeFile(held.path, "");
      const signed = await godwit(["approve", file, "--as", "Bob", "--key", `${held.path}.pub`, "--json"], {
        cwd: own.folder,
        env: { SSH_AUTH_SOCK: socket },
      });
      assert.equal(signed.code, 0, signed.stderr);
      const plan = await readPlanFile(join(own.folder, file));
      const last = plan.approvals.at(-1);
      assert.ok(last?.key && last.signature);
      assert.ok(isSignedBy(approvalMessage(plan, last), last.signature, last.key));
    } finally {
      process.kill(Number(pid));
    }
  });
});

function fingerprintOf(path: string): string {
  return execFileSync("ssh-keygen", ["-lf", `${path}.pub`], { encoding: "utf8" }).split(" ")[1] ?? "";
}

test("of people who approve at the same time nobody is lost, also beside one who was killed in it", async () => {
  await planned(async (own) => {
    const names = ["Bob", "Cem", "Dan", "Eve"];
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    await writeFile(join(own.folder, `.${file}.held`), `${hostname()} ${gone}\n`);
    await Promise.all(names.map((as) => approveAs(own, as)));
    const { approvals } = await readPlanFile(join(own.folder, file));
    assert.deepEqual(approvals.map(({ approver }) => approver).toSorted(), names);
    assert.deepEqual(
      (await readdir(own.folder)).filter((name) => name.startsWith(".plan")),
      [],
    );
  });
});
