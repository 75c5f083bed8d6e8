import type { Session } from "../engine.ts";
import { commentLines, type Comments } from "./dump-comments.ts";
import type { Item, ItemKind } from "./dump-item.ts";
import { notOfExtension, rows, userSchema } from "./inspect-catalog.ts";

interface ActionRow {
  readonly key: string;
  readonly kind: ItemKind;
  readonly schema: string;
  readonly name: string;
  readonly what: string;
  readonly text: string;
}

/** Triggers, rules, policies and extended statistics: what hangs on a table and has a name of its own. */
export async function actionItems(session: Session, comments: Comments): Promise<Item[]> {
  const items: Item[] = [];
  for (const query of [triggerQuery, clonedTriggerQuery, ruleQuery, policyQuery, statisticsQuery]) {
    for (const row of await rows<ActionRow>(session, query)) {
      const lines = commentLines(comments, [{ what: row.what, key: row.key }]);
      items.push({
        kind: row.kind,
        schema: row.schema,
        name: row.name,
        keys: [row.key],
        text: [row.text, ...lines].join("\n"),
      });
    }
  }
  return items;
}

const onUserTable = `JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relpersistence <> 't' AND ${userSchema("n")} AND ${notOfExtension("pg_class", "c.oid")}`;

const firing = (state: string, noun: string, name: string): string => `
  CASE ${state} WHEN 'D' THEN format(E'\\nALTER TABLE %I.%I DISABLE ${noun} %I;', n.nspname, c.relname, ${name})
    WHEN 'R' THEN format(E'\\nALTER TABLE %I.%I ENABLE REPLICA ${noun} %I;', n.nspname, c.relname, ${name})
    WHEN 'A' THEN format(E'\\nALTER TABLE %I.%I ENABLE ALWAYS ${noun} %I;', n.nspname, c.relname, ${name})
    ELSE '' END`;

// Triggers with a parent are the server's copies on partitions.
const triggerQuery = `
  SELECT 'pg_trigger:' || t.oid AS key, 'trigger' AS kind, n.nspname AS schema,
    c.relname || '.' || t.tgname AS name, format('TRIGGER %I ON %I.%I', t.tgname, n.nspname, c.relname) AS what,
    pg_get_triggerdef(t.oid) || ';' || ${firing("t.tgenabled", "TRIGGER", "t.tgname")} AS text
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid ${onUserTable}
    AND NOT t.tgisinternal AND t.tgparentid = 0 AND ${notOfExtension("pg_trigger", "t.oid")}`;

/** A partition's copy of a trigger may be switched on or off by itself. */
const clonedTriggerQuery = `
  SELECT 'pg_trigger:' || t.oid AS key, 'trigger' AS kind, n.nspname AS schema, c.relname || '.' || t.tgname AS name,
    format('TRIGGER %I ON %I.%I', t.tgname, n.nspname, c.relname) AS what,
    format('ALTER TABLE %I.%I %s TRIGGER %I;', n.nspname, c.relname, CASE t.tgenabled WHEN 'D' THEN 'DISABLE'
      WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END, t.tgname) AS text
  FROM pg_trigger t JOIN pg_trigger u ON u.oid = t.tgparentid JOIN pg_class c ON c.oid = t.tgrelid ${onUserTable}
    AND NOT t.tgisinternal AND t.tgenabled <> u.tgenabled`;

const ruleQuery = `
  SELECT 'pg_rewrite:' || r.oid AS key, 'rule' AS kind, n.nspname AS schema,
    c.relname || '.' || r.rulename AS name, format('RULE %I ON %I.%I', r.rulename, n.nspname, c.relname) AS what,
    pg_get_ruledef(r.oid) || ${firing("r.ev_enabled", "RULE", "r.rulename")} AS text
  FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class ${onUserTable}
    AND r.rulename <> '_RETURN' AND ${notOfExtension("pg_rewrite", "r.oid")}`;

const policyQuery = `
  SELECT 'pg_policy:' || p.oid AS key, 'policy' AS kind, n.nspname AS schema,
    c.relname || '.' || p.polname AS name, format('POLICY %I ON %I.%I', p.polname, n.nspname, c.relname) AS what,
    format('CREATE POLICY %I ON %I.%I', p.polname, n.nspname, c.relname)
      || CASE WHEN p.polpermissive THEN '' ELSE ' AS RESTRICTIVE' END
      || CASE p.polcmd WHEN 'r' THEN ' FOR SELECT' WHEN 'a' THEN ' FOR INSERT' WHEN 'w' THEN ' FOR UPDATE'
           WHEN 'd' THEN ' FOR DELETE' ELSE '' END
      || CASE WHEN p.polroles = '{0}' THEN '' ELSE ' TO ' || (
           SELECT string_agg(CASE WHEN m.role = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(m.role)) END, ', '
             ORDER BY pg_get_userbyid(m.role))
           FROM unnest(p.polroles) AS m(role)) END
      || coalesce(E'\\n  USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')
      || coalesce(E'\\n  WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '') || ';' AS text
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid ${onUserTable}`;

const statisticsQuery = `
  SELECT 'pg_statistic_ext:' || s.oid AS key, 'statistics' AS kind, n.nspname AS schema, s.stxname AS name,
    format('STATISTICS %I.%I', n.nspname, s.stxname) AS what,
    pg_get_statisticsobjdef(s.oid) || ';' || CASE WHEN s.stxstattarget > -1
      THEN format(E'\\nALTER STATISTICS %I.%I SET STATISTICS %s;', n.nspname, s.stxname, s.stxstattarget)
      ELSE '' END AS text
  FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
  WHERE ${userSchema("n")} AND ${notOfExtension("pg_statistic_ext", "s.oid")}`;
