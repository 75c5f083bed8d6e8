/** What `godwit --help` says after the list of commands. */

const examples: readonly (readonly [command: string, description: string])[] = [
  ["godwit init", "begin in a project"],
  ["godwit new add_orders", "make a migration, then write its SQL"],
  ["godwit plan", "see what would run"],
  ["godwit apply", "run it"],
];

export const variables: readonly (readonly [name: string, description: string])[] = [
  ["GODWIT_URL, DATABASE_URL", "the database; where neither is set, they are read from a .env file"],
  ["GODWIT_MIGRATIONS", "the folder of the migrations"],
  ["GODWIT_CONFIG", "the configuration file"],
  ["GODWIT_PROFILE", "a profile of the configuration file"],
  ["GODWIT_BACKUP_KEY", "the key of encrypted backups: 64 hexadecimal digits, or base64 of 32 bytes"],
  ["NO_COLOR, FORCE_COLOR", "without colours, or with them even where there is no terminal"],
  ["GODWIT_DEBUG=1", "print the stack of a fault"],
];

export const exitCodes: readonly (readonly [code: string, meaning: string])[] = [
  ["0", "done"],
  ["1", "an error"],
  ["2", "status --exit-code: migrations are pending, or something is wrong"],
  ["3", "approval needed: the environment demands that others approve the plan"],
  ["4", "another run holds the lock"],
  ["5", "verify, audit verify, mappings diff: something differs"],
  ["64", "wrong usage or configuration"],
  ["130, 143", "interrupted by Ctrl-C, by SIGTERM; run it again to continue"],
];

export function closingHelp(): string {
  return [
    section("Examples:", examples),
    section("Environment:", variables),
    section("Exit codes:", exitCodes),
    "Results go to stdout, everything else to stderr. `godwit COMMAND --help` tells more.",
  ].join("\n");
}

export function section(title: string, rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return `${title}\n${rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}\n`).join("")}`;
}
