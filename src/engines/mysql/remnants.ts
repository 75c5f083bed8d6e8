import type { Remnant, Row, Session } from "../engine.ts";
import { errors } from "./errors.ts";
import { traits } from "./traits.ts";

/** What an interrupted job leaves: the databases of a refresh, tables and triggers of online changes, XA transactions. */
export async function remnants(session: Session): Promise<Remnant[]> {
  return [
    ...(await rooms(session)),
    ...(await tables(session)),
    ...(await triggers(session)),
    ...(await transactions(session)),
  ];
}

async function rooms(session: Session): Promise<Remnant[]> {
  const found = await session.query(
    `SELECT s.SCHEMA_NAME AS name, (SELECT count(*) FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = s.SCHEMA_NAME) AS tables
       FROM information_schema.SCHEMATA s
      WHERE s.SCHEMA_NAME IN (concat(DATABASE(), '_godwit_new'), concat(DATABASE(), '_godwit_old')) ORDER BY 1`,
  );
  return found.map((row) => {
    const isOld = String(row.name).endsWith("_old");
    return {
      what: "database of a refresh",
      name: traits.quote(String(row.name)),
      message: `a refresh that did not end left it, with ${String(row.tables)} tables${isOld ? ", which are those that it replaced" : ""}`,
      remedy: `DROP DATABASE ${traits.quote(String(row.name))}`,
    };
  });
}

/** Names of gh-ost, of pt-online-schema-change, and of the server's own ALTER TABLE. */
async function tables(session: Session): Promise<Remnant[]> {
  const found = await session.query(
    `SELECT t.TABLE_NAME AS name FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = DATABASE() AND (
        t.TABLE_NAME LIKE '#sql%' OR t.TABLE_NAME REGEXP '^_.+_(gho|ghc|del)$'
        OR (t.TABLE_NAME REGEXP '^_.+_(new|old)$' AND EXISTS (SELECT 1 FROM information_schema.TABLES o
          WHERE o.TABLE_SCHEMA = DATABASE() AND t.TABLE_NAME IN (concat('_', o.TABLE_NAME, '_new'), concat('_', o.TABLE_NAME, '_old')))))
      ORDER BY BINARY t.TABLE_NAME`,
  );
  return found.map(({ name }) => ({
    what: "table of a change",
    name: traits.quote(String(name)),
    message:
      "it has the name that an online change of a table gives its copy, and is left when one is killed",
    remedy: `DROP TABLE ${traits.quote(String(name))}`,
  }));
}

async function triggers(session: Session): Promise<Remnant[]> {
  const found = await session.query(
    `SELECT TRIGGER_NAME AS name, EVENT_OBJECT_TABLE AS place FROM information_schema.TRIGGERS
      WHERE TRIGGER_SCHEMA = DATABASE() AND TRIGGER_NAME REGEXP '^pt_osc_.+_(ins|upd|del)$' ORDER BY BINARY TRIGGER_NAME`,
  );
  return found.map(({ name, place }) => ({
    what: "trigger of a change",
    name: traits.quote(String(name)),
    message: `pt-online-schema-change made it, and each write to ${String(place)} runs it`,
    remedy: `DROP TRIGGER ${traits.quote(String(name))}`,
  }));
}

/** XAER_RMERR: what MySQL says to a role without XA_RECOVER_ADMIN. */
const refusedRecovery = 1401;

/** Of the whole server: it does not say of which database. To see them takes a privilege. */
async function transactions(session: Session): Promise<Remnant[]> {
  let found: readonly Row[];
  try {
    found = await session.query("XA RECOVER");
  } catch (error) {
    const { kind } = errors.classify(error);
    if (kind === "permission" || (error as { errno?: number }).errno === refusedRecovery) return [];
    throw error;
  }
  return found.map((row) => ({
    what: "prepared transaction",
    name: String(row.data),
    message: "it holds its locks until somebody ends it",
    remedy: "XA ROLLBACK, with its id as XA RECOVER CONVERT XID shows it",
  }));
}
