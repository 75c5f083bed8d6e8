import type { SwappedTable } from "../data-roles.ts";
import { defaultSchema, literal, tableSql } from "./sql-text.ts";

/**
 * The body of a DO block: the old tables go, the new ones move in with their types, functions and collations, and get
 * the owner and the grants of the old ones; views that read the old ones are made again, with their owner, grants,
 * options and comment. What else depends on an old table makes DROP TABLE fail, and with it the whole.
 */
export function swapBlock(tables: readonly SwappedTable[], rooms: readonly string[]): string {
  const pairs = tables.map(
    ({ beside, name }) =>
      `(${literal(tableSql(beside))}, ${literal(tableSql(name))}, ${literal(schemaOf(name.schema))})`,
  );
  const swapped = `(VALUES ${pairs.join(", ")}) AS p(beside, name, place)`;
  const moves = rooms.map((room) => {
    const place = tables.find(({ beside }) => beside.schema === room)!.name.schema;
    return `(${literal(room)}, ${literal(schemaOf(place))})`;
  });
  return `DECLARE
  each record; one record; sql text; grants text[] := '{}'; views text[] := '{}'; gone text[] := '{}';
  locked text; old oid[];
BEGIN
  SELECT array_agg(to_regclass(p.name)::oid), string_agg(p.name, ', ') INTO old, locked
    FROM ${swapped} WHERE to_regclass(p.name) IS NOT NULL;

  -- The views that read them, those that read other views last.
  FOR each IN
    WITH RECURSIVE readers AS (
      SELECT r.ev_class AS oid, 1 AS depth FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
        WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
          AND d.refobjid = ANY (old) AND r.ev_class <> ALL (old)
      UNION SELECT r.ev_class, v.depth + 1 FROM readers v JOIN pg_catalog.pg_depend d ON d.refobjid = v.oid
        JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
        WHERE d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
          AND r.ev_class <> v.oid)
    SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS name, c.relowner, c.relacl, c.reloptions, max(v.depth) AS depth
    FROM readers v JOIN pg_catalog.pg_class c ON c.oid = v.oid AND c.relkind = 'v'
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    GROUP BY c.oid, n.nspname ORDER BY depth, name LOOP
    gone := each.name || gone;
    views := views || format('CREATE VIEW %s%s AS %s', each.name,
      CASE WHEN each.reloptions IS NULL THEN '' ELSE format(' WITH (%s)', array_to_string(each.reloptions, ', ')) END,
      pg_get_viewdef(each.oid));
    views := views || format('ALTER VIEW %s OWNER TO %I', each.name, pg_get_userbyid(each.relowner));
    views := views || ARRAY(
      SELECT ${grant(null)}
      FROM aclexplode(each.relacl) AS a WHERE a.grantee <> each.relowner);
    views := views || ARRAY(
      SELECT CASE s.objsubid WHEN 0 THEN format('COMMENT ON VIEW %s IS %L', each.name, s.description)
        ELSE format('COMMENT ON COLUMN %s.%I IS %L', each.name, t.attname, s.description) END
      FROM pg_catalog.pg_description s
        LEFT JOIN pg_catalog.pg_attribute t ON t.attrelid = s.objoid AND t.attnum = s.objsubid
      WHERE s.objoid = each.oid AND s.classoid = 'pg_catalog.pg_class'::regclass);
  END LOOP;
  -- In the order in which readers take them, and no longer than a server waits before it looks for deadlocks: it would
  -- end the reader.
  PERFORM set_config('lock_timeout', '500ms', true);
  IF gone <> '{}' THEN EXECUTE 'LOCK TABLE ' || array_to_string(gone, ', ') || ' IN ACCESS EXCLUSIVE MODE'; END IF;
  IF locked IS NOT NULL THEN EXECUTE 'LOCK TABLE ' || locked || ' IN ACCESS EXCLUSIVE MODE'; END IF;

  -- Owner and grants of what goes, as statements for what comes under its name.
  FOR each IN SELECT c.oid, c.relacl, c.relowner, p.name FROM ${swapped}
      JOIN pg_catalog.pg_class c ON c.oid = to_regclass(p.name) LOOP
    grants := grants || format('ALTER TABLE %s OWNER TO %I', each.name, pg_get_userbyid(each.relowner));
    grants := grants || ARRAY(
      SELECT ${grant(null)}
      FROM aclexplode(each.relacl) AS a WHERE a.grantee <> each.relowner);
    grants := grants || ARRAY(
      SELECT ${grant("t.attname")}
      FROM pg_catalog.pg_attribute t, aclexplode(t.attacl) AS a
      WHERE t.attrelid = each.oid AND NOT t.attisdropped AND EXISTS (
        SELECT FROM ${swapped}
        JOIN pg_catalog.pg_attribute n ON n.attrelid = to_regclass(p.beside) AND n.attname = t.attname
        WHERE p.name = each.name));
  END LOOP;

  FOREACH sql IN ARRAY gone LOOP EXECUTE 'DROP VIEW ' || sql; END LOOP;
  IF locked IS NOT NULL THEN EXECUTE 'DROP TABLE ' || locked; END IF;

  -- Types, functions and collations that the new tables brought take the place of those of the same name.
  FOR each IN SELECT m.room, m.place, n.oid AS space FROM (VALUES ${moves.join(", ")}) AS m(room, place)
      JOIN pg_catalog.pg_namespace n ON n.nspname = m.room LOOP
    FOR one IN
      SELECT 'TYPE' AS kind, quote_ident(y.typname) AS name FROM pg_catalog.pg_type y
        WHERE y.typnamespace = each.space AND y.typtype IN ('e', 'd')
      UNION ALL SELECT 'FUNCTION', format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid))
        FROM pg_catalog.pg_proc p WHERE p.pronamespace = each.space
      UNION ALL SELECT 'COLLATION', quote_ident(l.collname) FROM pg_catalog.pg_collation l
        WHERE l.collnamespace = each.space LOOP
      EXECUTE format('DROP %s IF EXISTS %I.%s', one.kind, each.place, one.name);
      EXECUTE format('ALTER %s %I.%s SET SCHEMA %I', one.kind, each.room, one.name, each.place);
    END LOOP;
  END LOOP;
  FOR each IN SELECT p.* FROM ${swapped} LOOP
    -- Partitions stand beside their table.
    FOR one IN SELECT inhrelid::regclass AS part FROM pg_catalog.pg_inherits
        WHERE inhparent = to_regclass(each.beside) LOOP
      EXECUTE format('ALTER TABLE %s SET SCHEMA %I', one.part, each.place);
    END LOOP;
    EXECUTE format('ALTER TABLE %s SET SCHEMA %I', each.beside, each.place);
  END LOOP;
  FOREACH sql IN ARRAY grants LOOP EXECUTE sql; END LOOP;
  FOREACH sql IN ARRAY views LOOP EXECUTE sql; END LOOP;
${rooms.map((room) => `  EXECUTE format('DROP SCHEMA %I', ${literal(room)});`).join("\n")}
END`;
}

/** One of a relation's rights, or one of a column's, as the statement that grants it on the relation `each.name`. */
function grant(column: string | null): string {
  const [on, name] = column === null ? ["", ""] : [" (%I)", ` ${column},`];
  return `format('GRANT %s${on} ON TABLE %s TO %s%s', a.privilege_type,${name} each.name,
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
        CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)`;
}

function schemaOf(schema: string): string {
  return schema === "" ? defaultSchema : schema;
}
