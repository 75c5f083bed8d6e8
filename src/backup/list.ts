import { type FileState, fileState } from "../run/archive/file-state.ts";
import { type Artifact, missingOf, readArtifacts } from "../run/artifact-ledger.ts";
import { type BackupProject, withSession } from "./project.ts";

export interface ListedBackup {
  readonly id: string;
  readonly file: string;
  readonly state: string;
  readonly form: string;
  readonly createdAt: string;
  readonly verifiedAt: string | null;
  readonly bytes: number;
  readonly encrypted: boolean;
  readonly database: string;
  readonly tables: number;
  readonly rows: number;
  readonly position: string;
  /** What it should hold and does not; empty where it is whole. */
  readonly missing: readonly string[];
  /** What has become of the file. */
  readonly found: FileState;
}

/** The backups that the database's ledger has, the newest first, each with what has become of its file. Reads only. */
export async function listBackups(
  project: BackupProject,
  { all = false }: { readonly all?: boolean | undefined } = {},
): Promise<readonly ListedBackup[]> {
  const found = await withSession(project, (session) => readArtifacts(project.engine, session, "backup"));
  const listed: ListedBackup[] = [];
  for (const artifact of found) {
    if (all || artifact.state !== "removed") listed.push(await listedOf(artifact));
  }
  return listed;
}

interface Body {
  readonly form?: string;
  readonly bytes?: number;
  readonly sha256?: string;
  readonly encrypted?: boolean;
  readonly database?: string;
  readonly position?: string;
  readonly tables?: readonly { readonly rows: string }[];
}

async function listedOf(artifact: Artifact): Promise<ListedBackup> {
  const { id, name, state, createdAt, verifiedAt, body } = artifact;
  const {
    form = "",
    bytes = 0,
    sha256,
    encrypted = false,
    database = "",
    position = "",
    tables = [],
  } = body as Body;
  return {
    id,
    file: name,
    state,
    form,
    createdAt,
    verifiedAt,
    bytes,
    encrypted,
    database,
    position,
    tables: tables.length,
    rows: tables.reduce((sum, { rows }) => sum + Number(rows), 0),
    missing: missingOf(artifact),
    found: await fileState(name, { bytes, sha256 }),
  };
}
