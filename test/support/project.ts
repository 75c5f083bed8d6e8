import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export interface Project extends AsyncDisposable {
  readonly folder: string;
  /** Writes more files; a name is a path inside the folder. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
}

/** A project in a folder of its own, removed on disposal, with files such as `{"migrations/0001_a.sql": "…"}`. */
export async function makeProject(files: Readonly<Record<string, string>> = {}): Promise<Project> {
  // The real path, because messages and ledgers show that one (on macOS /tmp is a link).
  const folder = await realpath(await mkdtemp(join(tmpdir(), "godwit-project-")));
  const project: Project = {
    folder,
    async write(more) {
      for (const [name, text] of Object.entries(more)) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), text);
      }
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
  await project.write(files);
  return project;
}
