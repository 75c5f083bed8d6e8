import type { Remnant, Session } from "../engine.ts";
import { rows, userSchema } from "./inspect-catalog.ts";

/** What an interrupted job leaves in the catalogue, whoever's it was; each query gives one kind. */
export async function remnants(session: Session): Promise<Remnant[]> {
  const found: Remnant[] = [];
  for (const query of [indexes, constraints, rooms, functions, slots, prepared]) {
    found.push(...(await rows<Remnant>(session, query)));
  }
  return found;
}

const indexes = `
  SELECT 'invalid index' AS what, format('%I.%I', n.nspname, c.relname) AS name,
    format('a build that failed left it on %I.%I: it is kept up to date, and no query uses it', n.nspname, t.relname) AS message,
    format('DROP INDEX CONCURRENTLY %I.%I', n.nspname, c.relname) AS remedy
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE NOT i.indisvalid AND c.relkind = 'i' AND ${userSchema("n")}
    AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
  ORDER BY 2`;

const constraints = `
  SELECT 'constraint that was not validated' AS what, format('%I.%I %I', n.nspname, t.relname, k.conname) AS name,
    'rows that were there before it may break it' AS message,
    format('ALTER TABLE %I.%I VALIDATE CONSTRAINT %I', n.nspname, t.relname, k.conname) AS remedy
  FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_namespace n ON n.oid = t.relnamespace
  WHERE NOT k.convalidated AND ${userSchema("n")} ORDER BY 2`;

/** In which a refresh makes tables before it swaps. */
const rooms = `
  SELECT 'schema of a refresh' AS what, quote_ident(n.nspname) AS name,
    format('a refresh that did not end left it, with %s tables',
      (SELECT count(*) FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p'))) AS message,
    format('DROP SCHEMA %I CASCADE', n.nspname) AS remedy
  FROM pg_namespace n WHERE n.nspname ~ '^godwit_new' OR n.nspname ~ '_godwit_new$' ORDER BY 2`;

/** Of the triggers that stand for MySQL's ON UPDATE: one whose table was dropped by hand. */
const functions = `
  SELECT 'trigger function without a trigger' AS what, format('%I.%I()', n.nspname, p.proname) AS name,
    'a copy made it for a column that follows each update, and no trigger calls it' AS message,
    format('DROP FUNCTION %I.%I()', n.nspname, p.proname) AS remedy
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE p.proname LIKE '%\\_touch' AND p.prorettype = 'trigger'::regtype AND ${userSchema("n")}
    AND p.prosrc ~ '^BEGIN NEW\\."?.+"? := CURRENT_TIMESTAMP\\(\\d\\); RETURN NEW; END$'
    AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgfoid = p.oid) ORDER BY 2`;

const slots = `
  SELECT 'replication slot' AS what, quote_ident(slot_name) AS name,
    format('nobody reads it, and it keeps the log since %s', coalesce(restart_lsn::text, 'an unknown place')) AS message,
    format('SELECT pg_drop_replication_slot(%L)', slot_name) AS remedy
  FROM pg_replication_slots WHERE NOT active AND database = current_database() ORDER BY 2`;

const prepared = `
  SELECT 'prepared transaction' AS what, quote_literal(gid) AS name,
    format('it holds its locks since %s, by %I', to_char(prepared AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), owner) AS message,
    format('ROLLBACK PREPARED %L', gid) AS remedy
  FROM pg_prepared_xacts WHERE database = current_database() ORDER BY 2`;
