import type { Step } from "../../core/plan.ts";
import { performCompare } from "./compare.ts";
import { performBackup } from "./backup.ts";
import type { StepContext } from "./context.ts";
import { performCopyRows } from "./copy-rows.ts";
import { performDropRows } from "./drop-rows.ts";
import { performMappingsBackup } from "./mappings-backup.ts";
import { performMappingsCheck } from "./mappings-check.ts";
import { performMappingsPlace } from "./mappings-place.ts";
import { performMappingsRestore } from "./mappings-restore.ts";
import { performMappingsWrite } from "./mappings-write.ts";
import { performObjects } from "./objects.ts";
import { performParallel } from "./parallel.ts";
import { performRestore } from "./restore.ts";
import { performRestoreCheck } from "./restore-check.ts";
import { performScript } from "./script.ts";
import { performReadBack } from "./read-back.ts";
import { performRecord } from "./record.ts";
import { performRestoreRows } from "./restore-rows.ts";
import { performRowTables } from "./row-tables.ts";
import { performSql } from "./sql.ts";

/** Carries out one step. A new kind of step gets its performer in this folder and its line here. */
export async function perform(context: StepContext, step: Step): Promise<void> {
  switch (step.kind) {
    case "sql":
      return performSql(context, step);
    case "script":
      return performScript(context, step);
    case "parallel":
      return performParallel(context, step);
    case "copy-rows":
      return performCopyRows(context, step);
    case "read-back":
    case "restore-read":
      return void (await performReadBack(context, step));
    case "objects":
      return performObjects(context, step);
    case "compare":
      return performCompare(context, step);
    case "backup":
      return performBackup(context, step);
    case "restore":
      return performRestore(context, step);
    case "restore-check":
      return performRestoreCheck(context, step);
    case "row-tables":
      return performRowTables(context, step);
    case "restore-rows":
      return performRestoreRows(context, step);
    case "drop-rows":
      return performDropRows(context, step);
    case "mappings-backup":
      return performMappingsBackup(context, step);
    case "mappings-write":
      return performMappingsWrite(context, step);
    case "mappings-check":
      return performMappingsCheck(context, step);
    case "mappings-place":
      return performMappingsPlace(context, step);
    case "mappings-restore":
      return performMappingsRestore(context, step);
    case "record":
      return performRecord(context, step);
  }
}
