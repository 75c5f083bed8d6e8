import type { LockScope } from "../../core/frozen-plan.ts";
import type { ObjectName } from "../../core/plan.ts";
import type { TokenReader } from "../../sql/token-reader.ts";
import { objectText, type StatementHazard, type StatementImpact } from "../impact-role.ts";
import { locked, metadataLock } from "./metadata-lock.ts";

/**
 * Which algorithm the server takes depends on its version and the table. What is said here holds for all of them: only
 * what may copy the table is told as a copy (MySQL manual, 17.12.1; MariaDB, InnoDB Online DDL).
 */
export function alterTableImpact(reader: TokenReader, table: ObjectName): StatementImpact {
  const name = objectText(table);
  const hazards: StatementHazard[] = [];
  let blocks: LockScope = "schema changes";
  let mode = "metadata lock, briefly";
  const copies = (why: string) => {
    hazards.push({
      type: "rewrites-table",
      object: table,
      message: `${why}, which may copy all rows of ${name} while nobody can write`,
    });
    [mode, blocks] = ["copy of the table, with a shared lock", "writes"];
  };
  do {
    const words = [reader.peek(), reader.peek(1)];
    const [verb, what = ""] = words;
    const column = () => {
      reader.skip(what === "COLUMN" ? 2 : 1);
      reader.take("IF", "EXISTS");
      return reader.name("other")?.name ?? "";
    };
    if (
      verb === "DROP" &&
      !["INDEX", "KEY", "PRIMARY", "FOREIGN", "CONSTRAINT", "CHECK", "PARTITION"].includes(what)
    ) {
      const dropped = column();
      const message = `drops the column ${name}.${dropped} with its values`;
      hazards.push({ type: "drops-data", object: table, message });
    } else if (verb === "DROP" && what === "PARTITION") {
      hazards.push({
        type: "drops-data",
        object: table,
        message: `drops partitions of ${name} with their rows`,
      });
    } else if (verb === "TRUNCATE" && what === "PARTITION") {
      hazards.push({
        type: "drops-data",
        object: table,
        message: `removes all rows of partitions of ${name}`,
      });
    } else if (verb === "MODIFY" || verb === "CHANGE") {
      const changed = column();
      copies(`changes the column ${name}.${changed}`);
      if (verb === "CHANGE") {
        const renamed = reader.name("other")?.name ?? changed;
        if (renamed !== changed) hazards.push(renames(table, `${name}.${changed}`));
      }
    } else if (verb === "CONVERT") copies("converts the table to another character set");
    else if (verb === "ENGINE") copies("builds the table anew");
    else if (verb === "DROP" && what === "PRIMARY") copies("drops the primary key");
    else if (verb === "ADD" && isForeignKey(reader)) copies("adds a foreign key, and checks each row");
    else if (verb === "ADD" && (what === "FULLTEXT" || what === "SPATIAL")) {
      [mode, blocks] = ["LOCK=SHARED", "writes"];
    } else if (verb === "RENAME" && !["INDEX", "KEY"].includes(what)) {
      hazards.push(renames(table, what === "COLUMN" ? `a column of ${name}` : name));
    } else if (verb === "ALGORITHM" && reader.peek(2) === "COPY") copies("asks for a copy");
  } while (reader.seek(","));
  const isShort = blocks === "schema changes";
  const lock = locked(mode, blocks, table).locks;
  // In any case the table's definition is exchanged under an exclusive lock, which waits behind open transactions.
  return {
    locks: isShort ? locked(metadataLock, "reads and writes", table).locks : lock,
    hazards,
    creates: [],
  };
}

function renames(table: ObjectName, what: string): StatementHazard {
  return {
    type: "renames",
    object: table,
    message: `renames ${what}, and programs that use the old name fail`,
  };
}

/** ADD [CONSTRAINT [name]] FOREIGN KEY */
function isForeignKey(reader: TokenReader): boolean {
  return [1, 2, 3].some((ahead) => reader.peek(ahead) === "FOREIGN" && reader.peek(ahead + 1) === "KEY");
}
