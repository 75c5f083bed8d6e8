/**
 * How many rows a table of `pg_class`, known by `alias`, has: as many to a page as when it was last analyzed, in the
 * pages that it has now, as the server's own planner reckons. Without that, a table that was filled since counts
 * what it had before. Negative where it was never analyzed.
 */
export function rowsEstimate(alias: string): string {
  return `${alias}.reltuples * CASE WHEN ${alias}.reltuples > 0 AND ${alias}.relpages > 0
    THEN greatest(1, pg_relation_size(${alias}.oid) / current_setting('block_size')::float8 / ${alias}.relpages) ELSE 1 END`;
}
