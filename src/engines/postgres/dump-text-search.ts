import type { Session } from "../engine.ts";
import { commentLines, type Comments } from "./dump-comments.ts";
import type { Item } from "./dump-item.ts";
import { notOfExtension, rows, userSchema } from "./inspect-catalog.ts";

interface TextSearchRow {
  readonly kind: "dictionary" | "configuration";
  readonly catalogue: string;
  readonly oid: string;
  readonly schema: string;
  readonly name: string;
  readonly full: string;
  /** The inside of CREATE's parentheses. */
  readonly options: string;
  /** Of a configuration: the dictionaries of each kind of token. */
  readonly mappings: readonly { readonly token: string; readonly dictionaries: string }[] | null;
}

/** Dictionaries and configurations of the full text search, with parsers and templates that the server or an extension has. */
export async function textSearchItems(session: Session, comments: Comments): Promise<Item[]> {
  const found = await rows<TextSearchRow>(session, query);
  return found.map(({ kind, catalogue, oid, schema, name, full, options, mappings }) => {
    const key = `${catalogue}:${oid}`;
    const what = `TEXT SEARCH ${kind.toUpperCase()} ${full}`;
    return {
      kind: `text search ${kind}`,
      schema,
      name,
      keys: [key],
      text: [
        `CREATE ${what} (${options});`,
        ...(mappings ?? []).map(
          ({ token, dictionaries }) => `ALTER ${what} ADD MAPPING FOR ${token} WITH ${dictionaries};`,
        ),
        ...commentLines(comments, [{ what, key }]),
      ].join("\n"),
    };
  });
}

const query = `
  SELECT 'dictionary' AS kind, 'pg_ts_dict' AS catalogue, d.oid::text AS oid, n.nspname AS schema, d.dictname AS name,
    format('%I.%I', n.nspname, d.dictname) AS "full",
    format('TEMPLATE = %I.%I', tn.nspname, t.tmplname) || coalesce(', ' || d.dictinitoption, '') AS options, NULL AS mappings
  FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace
    JOIN pg_ts_template t ON t.oid = d.dicttemplate JOIN pg_namespace tn ON tn.oid = t.tmplnamespace
  WHERE ${userSchema("n")} AND ${notOfExtension("pg_ts_dict", "d.oid")}
  UNION ALL
  SELECT 'configuration', 'pg_ts_config', c.oid::text, n.nspname, c.cfgname, format('%I.%I', n.nspname, c.cfgname),
    format('PARSER = %I.%I', pn.nspname, p.prsname),
    (SELECT json_agg(json_build_object('token', quote_ident(m.alias), 'dictionaries', m.dictionaries) ORDER BY m.tokid)
     FROM (SELECT t.tokid, t.alias, string_agg(format('%I.%I', dn.nspname, d.dictname), ', ' ORDER BY m.mapseqno) AS dictionaries
           FROM pg_ts_config_map m JOIN ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
             JOIN pg_ts_dict d ON d.oid = m.mapdict JOIN pg_namespace dn ON dn.oid = d.dictnamespace
           WHERE m.mapcfg = c.oid GROUP BY t.tokid, t.alias) AS m)
  FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace
    JOIN pg_ts_parser p ON p.oid = c.cfgparser JOIN pg_namespace pn ON pn.oid = p.prsnamespace
  WHERE ${userSchema("n")} AND ${notOfExtension("pg_ts_config", "c.oid")}`;
