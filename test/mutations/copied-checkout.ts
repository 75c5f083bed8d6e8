import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../support/cli.ts";

/** A copy of the checkout as it is now, with what is not committed yet; its packages are links. Disposal removes it. */
export class CopiedCheckout implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), "godwit-mutations-"));

  constructor() {
    const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: root,
      encoding: "utf8",
    });
    for (const name of listed.split("\0")) {
      // The index may name a file that was removed since.
      if (name === "" || !existsSync(join(root, name)) || !lstatSync(join(root, name)).isFile()) continue;
      mkdirSync(dirname(join(this.path, name)), { recursive: true });
      copyFileSync(join(root, name), join(this.path, name));
    }
    for (const name of ["node_modules", ".node"]) symlinkSync(join(root, name), join(this.path, name));
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
