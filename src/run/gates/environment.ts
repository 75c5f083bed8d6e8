import { basename } from "node:path";
import type { ServerFacts } from "../../engines/engine.ts";
import { failed, type Gate, passed } from "./gate.ts";

/** The server itself says which database this is; a URL that leads elsewhere than it looks is found here. */
export const environmentGate: Gate = async ({ facts, policy, ledgerOnly }) => {
  const { demands, expect } = policy;
  const is = identityText(facts);
  const { database, identity: server, host, port } = facts;
  const told = { database, server, host, port };
  for (const [name, expected] of Object.entries(expect ?? {})) {
    const found = told[name as keyof typeof told];
    if (found !== expected) {
      return failed(`the ${name} should be ${expected}, and the server says ${found}: this is ${is}`);
    }
  }
  if (demands.confirm && !ledgerOnly && policy.confirmed !== confirmedName(facts)) {
    const typed = policy.confirmed === null ? "nobody has typed it" : `${policy.confirmed} was typed`;
    return failed(`the database's name ${confirmedName(facts)} has to be typed, and ${typed}: this is ${is}`);
  }
  return demands.environment || expect !== null ? passed(is) : null;
};

/** What is typed: the database's name, or that of its file. */
export function confirmedName({ database }: Pick<ServerFacts, "database">): string {
  return basename(database);
}

/** "shop on db1:5432, server 7349…, PostgreSQL 15.18" */
export function identityText({ database, host, port, identity, version }: ServerFacts): string {
  const on = host === "" ? "" : ` on ${host}${port === null ? "" : `:${port}`}`;
  const server = identity === "" || identity === database ? "" : `, server ${identity}`;
  return `${database}${on}${server}, ${version}`;
}
