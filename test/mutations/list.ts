import type { Mutation } from "./mutation.ts";
import { backupMutations } from "./backups.ts";
import { copyMutations } from "./copies.ts";
import { gateMutations } from "./gates.ts";
import { guardMutations } from "./guard.ts";
import { ledgerMutations } from "./ledger.ts";
import { mappingsMutations } from "./mappings.ts";
import { migrationMutations } from "./migrations.ts";
import { planMutations } from "./plans.ts";
import { rowMutations } from "./rows.ts";

/** Every safety check whose test is proved; neighbours share their test's file, so that it is checked once. */
export const mutations: readonly Mutation[] = [
  ...gateMutations,
  ...planMutations,
  ...guardMutations,
  ...copyMutations,
  ...backupMutations,
  ...rowMutations,
  ...ledgerMutations,
  ...migrationMutations,
  ...mappingsMutations,
];
