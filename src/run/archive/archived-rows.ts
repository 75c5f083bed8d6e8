import type { KeyColumn, Range, ReadRequest, WriteRequest, WriteRole } from "../../engines/data-roles.ts";
import type { BackupRole, BackupTable } from "../../engines/backup-role.ts";
import type { Engine, Session } from "../../engines/engine.ts";
import { GodwitError } from "../../core/error.ts";
import { withEncoding } from "../../core/with-encoding.ts";

/** How rows go into an archive and out of it: each in the text that the same engine reads back exactly. */
export interface ArchivedRows {
  readonly role: BackupRole;
  /** Of one row's text; missing where the server takes any. */
  readonly longestRow: WriteRole["longestRow"] | undefined;
  split(session: Session, table: BackupTable, chunkBytes: number): Promise<readonly Range[]>;
  read(session: Session, table: BackupTable, range: Range): AsyncIterable<Uint8Array>;
  load(session: Session, table: BackupTable, rows: AsyncIterable<Uint8Array>): Promise<bigint>;
}

/** Throws GW8208 for an engine that cannot. */
export function archivedRows({ backup, read, write, chunk, traits }: Engine): ArchivedRows {
  if (backup === undefined || read === undefined || write === undefined || chunk === undefined)
    throw new GodwitError("GW8208", { message: `${traits.title} databases cannot be backed up` });
  const isNative = backup.rowForm === "native";
  return {
    role: backup,
    longestRow: write.longestRow,
    split: (session, table, chunkBytes) =>
      chunk.split(session, {
        table: nameOf(table),
        key: keyOf(table),
        estimate: table.estimate,
        chunkBytes,
      }),
    read: (session, table, range) => {
      const request: ReadRequest = {
        table: nameOf(table),
        columns: table.columns.map((column) => {
          const { name, type } = column;
          return { name, value: null, from: type, to: type, ...withEncoding(column) };
        }),
        key: keyOf(table),
        range,
        where: null,
        form: write.form,
      };
      return isNative ? read.native!(session, request) : read.rows(session, request);
    },
    load: (session, table, rows) => {
      const request: WriteRequest = {
        table: nameOf(table),
        columns: table.columns.map((column) => {
          const { name, type, sql } = column;
          return { name, type, sql, ...withEncoding(column) };
        }),
        upsertBy: null,
      };
      return isNative ? write.loadNative!(session, request, rows) : write.load(session, request, rows);
    },
  };
}

function nameOf({ schema, name }: BackupTable) {
  return { schema, name };
}

function keyOf({ key }: BackupTable): readonly KeyColumn[] {
  return key;
}
