/**
 * Every error Godwit can raise. A code is never reused or renumbered. The first digit tells where to look:
 * 1 usage and configuration, 2 files, 3 connection, 4 lock and run, 5 history, 6 statements, 7 copies,
 * 8 guards, reviewed plans and backups.
 */
export interface CatalogEntry {
  readonly title: string;
  /** The general next step; an error can carry a more exact one. */
  readonly hint: string;
  /** Why it happens and how to get out of it: the text of `godwit explain CODE`. */
  readonly explanation: string;
  /** Exit code, where it is not 1. */
  readonly exit?: number;
}

const entries = {
  GW1001: {
    title: "Wrong usage of a command",
    hint: "See `godwit --help`.",
    explanation: "An option or an argument is unknown, missing or malformed. Nothing was read or changed.",
    exit: 64,
  },
  GW1002: {
    title: "No database given",
    hint: "Set GODWIT_URL or DATABASE_URL, or `url` in godwit.config.yaml, or pass --url.",
    explanation:
      "Godwit needs a connection URL. It is looked for in this order: --url, GODWIT_URL and DATABASE_URL of the environment, then both in the `.env` file beside the configuration, the profile, the configuration file.",
    exit: 64,
  },
  GW1003: {
    title: "Unusable connection URL",
    hint: "Write it as postgresql://user@host:5432/name, mysql://user@host:3306/name or sqlite:path.",
    explanation:
      "The URL has an unknown scheme, a character that is not allowed, an unknown parameter, or lacks a part. The password is never shown in this message. Percent-encode special characters of user names and passwords.",
    exit: 64,
  },
  GW1004: {
    title: "Unusable configuration",
    hint: "Correct the file; `godwit init --print-schema` prints its JSON schema.",
    explanation:
      "The configuration has an unknown key, a value of the wrong type, a duplicate key, or is no valid YAML. Unknown keys are errors, because a misspelt safety setting that is ignored is worse than a refused start.",
    exit: 64,
  },
  GW1005: {
    title: "Unset variable in the configuration",
    hint: "Set the variable, or give a default as ${NAME:-value}.",
    explanation:
      "The configuration refers to an environment variable or a file that does not exist. An empty value would be guessed, so it is refused.",
    exit: 64,
  },
  GW1006: {
    title: "Configuration or project not found",
    hint: "Run `godwit init`, or pass --config and --migrations.",
    explanation: "A file or folder that was named, or is needed, is not there or cannot be read.",
    exit: 64,
  },
  GW1007: {
    title: "Invalid name",
    hint: "Use letters, digits and underscores, at most 63 characters, not a reserved word.",
    explanation:
      "Names given as parameters match ^[a-zA-Z_][a-zA-Z0-9_]{0,62}$ and are no reserved words. Names that exist in a database are quoted whatever they hold; this rule is for names that are new.",
    exit: 64,
  },
  GW2001: {
    title: "Unexpected file among the migrations",
    hint: "Rename it to 20260131093000_slug.up.sql (or V1_2__slug.sql), or move it out of the folder.",
    explanation:
      "Every entry of the migrations folder is a migration, or an error. Files are never skipped, because a skipped migration looks like success.",
  },
  GW2002: {
    title: "Duplicate migration version",
    hint: "Give one of them a new version.",
    explanation:
      "Two files carry the same version, or names that differ only in case, which some file systems cannot tell apart. Their order would be undefined.",
  },
  GW2003: {
    title: "Unreadable migration file",
    hint: "Save the file as UTF-8 text, below the size limit, inside the migrations folder.",
    explanation:
      "The file is no regular file (a link that leaves the folder, a pipe, a folder), too large, or is not valid UTF-8. A byte order mark and Windows line ends are accepted.",
  },
  GW2004: {
    title: "Migration file without a statement",
    hint: "Write at least one statement, or delete the file.",
    explanation:
      "The file holds only white space and comments. Recording it as applied would say that something happened.",
  },
  GW2005: {
    title: "Unterminated construct in SQL",
    hint: "Close the quote, comment or block that starts at the place shown.",
    explanation:
      "A quoted string, quoted name, dollar-quoted body, comment or compound statement has no end, so the file cannot be split into statements safely.",
  },
  GW2006: {
    title: "Client command in a migration",
    hint: "Replace it by SQL; backslash commands and COPY … FROM STDIN belong to psql.",
    explanation:
      "Commands such as \\connect, \\i or \\copy are carried out by a client program, not by the server. Godwit sends SQL to the server and runs no client programs.",
  },
  GW2007: {
    title: "Transaction control in a migration",
    hint: "Remove BEGIN, COMMIT and ROLLBACK: Godwit opens and commits the transactions and shows them in `godwit plan`.",
    explanation:
      "A COMMIT inside a migration would end the transaction in which the migration is recorded, so that a crash could leave it applied and unrecorded.",
  },
  GW2008: {
    title: "No way back for a migration",
    hint: "Write the down file, or roll forward with a new migration.",
    explanation:
      "A rollback needs a .down.sql (or U…__.sql) file or a `down` export for each migration it undoes. Nothing was changed.",
  },
  GW2009: {
    title: "Unusable TypeScript migration",
    hint: "Export `async function up(db)`, and `down(db)` where it can be undone.",
    explanation: "The module could not be loaded, or does not export the functions that a migration needs.",
  },
  GW2010: {
    title: "Unknown directive",
    hint: "Known directives: no-transaction, lock-timeout DURATION, statement-timeout DURATION.",
    explanation:
      "A comment of the form `-- godwit: …` holds a word that Godwit does not know. It is not ignored, because it may be a misspelt safety setting.",
  },
  GW2011: {
    title: "Statement that Godwit does not run",
    hint: "Remove the statement, or do it through Godwit's own settings.",
    explanation:
      "The statement would change which database, or with which identity, the rest of the run works (USE, DISCARD ALL, RESET of the run's settings, releasing the run's lock), keep it from recording what it did (a read-only session), or change the ledger.",
  },
  GW2012: {
    title: "SQL that the parser refuses",
    hint: "Correct the statement at the place shown.",
    explanation:
      "The server's own grammar does not accept the statement, so it would fail when run. It was found before anything was changed.",
  },
  GW2013: {
    title: "No such migration",
    hint: "See `godwit status` for the versions there are.",
    explanation: "The version that was named belongs to no migration file and no history row.",
    exit: 64,
  },
  GW2601: {
    title: "Malformed mapping database",
    hint: "Restore the file from a backup, or correct it at the place shown.",
    explanation:
      "A mapping database is cut off, damaged, or holds what its format does not allow: a duplicate member name, invalid UTF-8, a lone surrogate, a length with no such data behind it. The message has the byte offset, for JSON the line and the column, and the mapping where it is known. The file was only read; nothing was changed.",
  },
  GW2602: {
    title: "Not a mapping database",
    hint: "Pass a JSON or MessagePack file of mappings; the format is told by the content, not by the name.",
    explanation:
      "The content is neither MessagePack as the HOHO tool writes it nor JSON in one of its shapes. The file was only read.",
  },
  GW2603: {
    title: "Unknown version of a mapping database",
    hint: "Use the version of Godwit that wrote it, or a newer one. Known versions: 1.0, 1.1.",
    explanation:
      "The file names a schema version that this program does not know. An older program could misread a newer file, so it does not try.",
  },
  GW2604: {
    title: "The target cannot hold a mapping",
    hint: "Write MessagePack, or JSON in Godwit's own shape, which hold everything; or mend what is named first.",
    explanation:
      "JSON in which the mappings are members of an object has one member for each key, so it cannot hold the same mapping twice; and no format holds more than it has a place for. Nothing is left out silently. The target was not put in place.",
  },
  GW2605: {
    title: "The output is there already",
    hint: "Name another one with --out, or pass --force: the file that is there is backed up first.",
    explanation:
      "A mapping database is written where none is yet, unless --force says that the one that is there may be replaced. With --force its bytes are kept in a backup beside it first, and `godwit mappings rollback` puts them back. Nothing was changed.",
  },
  GW2606: {
    title: "A file was changed meanwhile",
    hint: "Run it again when nobody writes to the file.",
    explanation:
      "A file was looked at, and was another one when it was read again or was about to be replaced: somebody else wrote to it. The database that was there is as they left it, and nothing of this run took its place.",
  },
  GW2607: {
    title: "What was written is not what was read",
    hint: "Look at the disk and its file system before you run it again; if they are sound, please report this.",
    explanation:
      "Before a new file takes its place it is read back: the numbers of mappings, types and contexts and a digest of the whole content must be those of what was written, and what a migration has to preserve must be as it was in the files before they were converted. It was not. The new file was removed, and the old one stands.",
    exit: 5,
  },
  GW2608: {
    title: "Mappings contradict one another",
    hint: "Correct the files, or leave --strict out: then each contradiction is listed with what stands.",
    explanation:
      "Two files say different things of one symbol of one context, or beside their mappings. With --strict that is an error, and nothing was changed. Without it, by the rules of the original tool, the later file gives name and type where it says them, the greater confidence stays, and each mapping that arrives again adds 1 to the usage count of the first. The later file also gives note and origin file. Of members and elements that no version knows, and of the statistics' version, those of the first file that has them stay. Each contradiction is listed with what stands.",
  },
  GW2609: {
    title: "The file was changed since the migration",
    hint: "Keep a copy of the file if its changes matter; `godwit mappings rollback --force` puts the old bytes back all the same.",
    explanation:
      "A rollback puts back the bytes that were there before. The file is no longer as the migration left it, so somebody's work would be lost. Nothing was changed.",
  },
  GW2610: {
    title: "The old bytes cannot be put back",
    hint: "Look at the backup that is named. `sha256sum -c FILE.sha256` checks it.",
    explanation:
      "The backup is missing, is not the file that was written then, or none was made because of --no-backup. Nothing was changed.",
  },
  GW2611: {
    title: "There is no such run",
    hint: "Name the migrated file. Its journal is beside it, with the ending .godwit.db.",
    explanation:
      "What is to be rolled back or gone on with is looked up in the journal beside the output. There is no journal, or no run in it that could be meant. Nothing was changed.",
  },
  GW2612: {
    title: "An interrupted run stands in the way",
    hint: "End it with `godwit mappings migrate --resume --out FILE`, or undo it with `godwit mappings rollback FILE`.",
    explanation:
      "A run on this output was interrupted when the new file was in its place already, or a rollback was interrupted. Another run would build on what nobody has confirmed. Nothing was changed.",
  },
  GW2613: {
    title: "The file system refused",
    hint: "Make room, or give the right to write there; then run the same command again.",
    explanation:
      "A file could not be read, written or removed. New files are written beside the old ones and take their places only when they are whole, so the old one stands as it was.",
  },
  GW2614: {
    title: "No mapping database was found",
    hint: "Name the files, or run it in the folder that has decomp/.",
    explanation:
      "Without a file's name, decomp/mappings.json, decomp/learned-mappings.json and decomp/mappings/global-mappings.json are looked for, and decomp/mappings.msgpack where JSON is to be written. None is there. Nothing was changed.",
  },
  GW2615: {
    title: "What was kept aside is left out",
    hint: "The file with the ending .aside.jsonl stays as it is. It fits the very content that the downgrade wrote: upgrade a copy of that to have it back.",
    explanation:
      "A downgrade keeps beside its file what version 1.0 has no place for. That belongs to one content, and comes back when that content is upgraded or merged. Here the database has another content by now, or is of version 1.1 and has its own; so nothing of it was put back, and none of it was given to mappings that it may not be of. What else was kept aside of the other files of a merge did come back.",
  },
  GW2616: {
    title: "The journal cannot be read",
    hint: "Put a copy of it back, or move it away: then the next migration begins a new one.",
    explanation:
      "The journal of an output, FILE.godwit.db, is damaged or is no journal. Without it nobody knows whether a run was interrupted and what was backed up, so nothing is done. The database and its backups, FILE.backup.<time>, are files of their own and are not touched: an older one can be put back by hand, after `sha256sum -c` has checked it.",
  },
  GW2617: {
    title: "The output's name says another format",
    hint: "Leave --to out, and the name decides; or give it a name that ends in .json or .msgpack as the format does.",
    explanation:
      "The ending of the output's name and the format that was asked for contradict one another. Programs that go by names would read the one as the other. Nothing was read or changed. The original tool's command writes MessagePack whatever the name, and so does `hoho decomp migrate-mappings`, with this as a warning.",
    exit: 64,
  },
  GW3001: {
    title: "Server unreachable",
    hint: "Check host and port, and that the server runs; `godwit wait` waits for it.",
    explanation:
      "No connection could be made: refused, timed out, name not found, or no such socket or file. As a warning: verify compares fewer tables at once than were asked for.",
  },
  GW3002: {
    title: "Login refused",
    hint: "Check user and password, and the server's access rules.",
    explanation: "The server answered and refused the user or the password.",
  },
  GW3003: {
    title: "TLS failed or was refused",
    hint: "Name the server's CA in the URL (sslrootcert=…, for MySQL and MariaDB ssl-ca=…), or say sslmode=disable if the network is trusted.",
    explanation:
      "Hosts that are not local are verified by default (certificate and name). There is no fall-back to an unencrypted connection: weaker modes are chosen in the URL.",
  },
  GW3004: {
    title: "No such database",
    hint: "Create the database, or correct the name in the URL.",
    explanation: "The server does not know the database that the URL names.",
  },
  GW3005: {
    title: "Connection lost",
    hint: "Run the same command again: what is recorded is kept, and what is not known is probed first.",
    explanation:
      "The connection broke and could not be restored within the bound. The state of the run is in the ledger; nothing is repeated without asking the catalogue.",
  },
  GW3006: {
    title: "Missing privilege",
    hint: "`godwit doctor` prints the exact GRANTs.",
    explanation: "The server refused a statement because the user lacks a privilege.",
  },
  GW3007: {
    title: "Read-only server",
    hint: "Connect to the primary.",
    explanation: "The server is a standby, or is set to read-only, or the file cannot be written.",
  },
  GW3008: {
    title: "Transaction-mode pooler",
    hint: "Connect to the server itself, or to a pool in session mode.",
    explanation:
      "Behind a pooler in transaction or statement mode each transaction may reach another server session, so the run's lock and settings would not hold. It is found by asking for the lock on a session that should own it.",
  },
  GW3009: {
    title: "Unsupported server",
    hint: "See the support table in the README.",
    explanation: "The server's version or kind is not one that Godwit knows to be safe.",
  },
  GW3010: {
    title: "Server gave no answer",
    hint: "Check the network and the server; then run the same command again.",
    explanation:
      "Nothing came back within the bound, not even a sign that the server is alive. The effect is probed on the next run.",
  },
  GW3020: {
    title: "Somebody could not be told of the run",
    hint: "Look at log, metrics, otel and notify in the configuration, and at the network.",
    explanation:
      "A warning: the event file, the metrics, the traces or a notification could not be written or delivered. The run itself is not touched by it; what happened is in the ledger's event log.",
  },
  GW4001: {
    title: "Another run holds the lock",
    hint: "Wait for it (--wait 5m), or end it.",
    explanation:
      "One runner works on a database at a time. The lock belongs to a server session and ends with it, so it never stays behind; the message names the holder.",
    exit: 4,
  },
  GW4002: {
    title: "A killed run's session is still working",
    hint: "Wait for it (--wait 5m), or end it on the server; then run the same command again.",
    explanation:
      "The process that started the statement is gone, but the server still executes it and may complete it. Nothing is repeated before that session has ended.",
    exit: 4,
  },
  GW4003: {
    title: "This runner was replaced",
    hint: "Look at `godwit status`; the newer runner continues the run.",
    explanation:
      "Another process took the run over while this one was stopped or cut off. The database refused this runner's writes (its epoch is old).",
  },
  GW4004: {
    title: "Run blocked: outcome unknown",
    hint: "Look at the database, then `godwit repair --done KEY` or `godwit repair --not-done KEY`.",
    explanation:
      "A statement was sent, its reply was lost, and the catalogue cannot tell whether it took effect. Repeating it could do it twice, so a person decides.",
  },
  GW4005: {
    title: "Another run is unfinished",
    hint: "Finish it first.",
    explanation:
      "An earlier run of another kind (apply, rollback) stopped halfway. Starting a different one now would work on a state that neither expects.",
  },
  GW4006: {
    title: "Interrupted",
    hint: "Run the same command again to resume.",
    explanation:
      "A signal or the caller stopped the run. What was committed is recorded; the statement that was running was cancelled.",
    exit: 130,
  },
  GW4008: {
    title: "The server did not become ready in time",
    hint: "Raise --timeout, or look at the server's log.",
    explanation: "`godwit wait` asked the server until its time was over.",
  },
  GW4009: {
    title: "The server has as many runs as it may",
    hint: "Wait for them (--wait 5m), or raise limits.workersPerHost or limits.schemasPerHost.",
    explanation:
      "limits.schemasPerHost and limits.workersPerHost bound how much is changed on one database server at a time, by all processes and in all databases. Other runs have the places; each ends with its session, so none stays behind. Nothing was changed. As a warning: a copy works with fewer workers than were asked for.",
    exit: 4,
  },
  GW5001: {
    title: "Applied migration was edited",
    hint: "Undo the edit and write a new migration, or accept it with `godwit repair --accept VERSION`.",
    explanation:
      "The SQL of an applied file differs from what ran. Comments and white space do not count: such an edit is only a warning. The difference is shown.",
  },
  GW5002: {
    title: "Applied migration has no file",
    hint: "Restore the file, or drop the row with `godwit repair --forget VERSION`.",
    explanation:
      "The history names a migration that is not in the folder, so neither can be checked against the other.",
  },
  GW5003: {
    title: "Migration out of order",
    hint: "Give the file a newer version, or allow it: --allow-out-of-order, or `outOfOrder: allow`.",
    explanation:
      "A pending migration is older than the newest applied one, as after a merge of branches. It is never skipped silently; whether it may run now is a decision.",
  },
  GW5004: {
    title: "The history was altered",
    hint: "Find out who changed the ledger; restore it from a backup, or `godwit repair --reseal` to accept it as it is.",
    explanation:
      "Each history row carries a hash over itself and the row before it. A row was edited, removed, added or reordered outside Godwit.",
  },
  GW5005: {
    title: "The ledger is newer than this program",
    hint: "Use the version of Godwit that wrote it, or a newer one.",
    explanation:
      "A newer version changed the ledger's tables. An older program could misread them, so it does not try.",
  },
  GW5006: {
    title: "The ledger cannot be read",
    hint: "Grant the privilege, or repair the tables; `godwit doctor` tells which.",
    explanation: "The ledger is there but reading it failed. That is never taken for an empty history.",
  },
  GW5007: {
    title: "A half-applied migration was edited or removed",
    hint: "Restore the statements that already ran; those after them may be corrected. Or undo them by hand, and say so with `godwit repair --forget VERSION`.",
    explanation:
      "Some statements of the file took effect before the run stopped. They must still stand in the file as they ran, or the rest would be applied to something else. Where the file is gone, nothing can be finished either. When what took effect was undone by hand, `godwit repair --forget VERSION` makes the migration start again from its first statement.",
  },
  GW5008: {
    title: "The database is not empty of history",
    hint: "`godwit status` shows what is recorded.",
    explanation:
      "A baseline is for a database without a history of its own; here migrations are recorded already.",
  },
  GW5009: {
    title: "A migration is half applied",
    hint: "Finish it with `godwit apply`; or undo by hand what took effect, and say so with `godwit repair --forget VERSION`.",
    explanation:
      "Some statements of the migration took effect and others did not. It can be continued, but not rolled back by its down file. As a warning: it was forgotten while statements of it were recorded; the next run does them again.",
  },
  GW5020: {
    title: "The event log was altered",
    hint: "Find out who changed the ledger; `godwit audit verify` names the rows.",
    explanation:
      "Each row of the event log carries a hash over itself and the row before it. A row was edited, removed, added or reordered outside Godwit, or runs, steps or the history do not agree with what the log says of them. A log whose end was rewritten as a whole shows only against a head that was kept elsewhere: `godwit audit verify --expect-head HASH`.",
  },
  GW5021: {
    title: "Events could not be written into the event log",
    hint: "`godwit doctor` checks the privileges on the ledger. What the run did is recorded all the same.",
    explanation:
      "The run's own records (its steps, the history) are complete; the event log, which tells how it went, lacks the events that the message counts. A run never fails because its event log cannot be written.",
  },
  GW6001: {
    title: "A statement failed",
    hint: "Correct the statement and run `godwit apply` again.",
    explanation:
      "The server refused a statement. The message holds its own words, its code, and the place in the file.",
  },
  GW6002: {
    title: "A lock could not be had in time",
    hint: "End the transaction that blocks, or try later; raise lockTimeout or lockRetries with care.",
    explanation:
      "Each attempt gave up after lock_timeout, so that other sessions did not queue behind it, and all attempts were used. The blockers are named where the server tells.",
  },
  GW6003: {
    title: "A statement took too long",
    hint: "Raise it for this file with `-- godwit: statement-timeout 1h`.",
    explanation: "The statement passed the statement timeout and was cancelled by the server.",
  },
  GW6004: {
    title: "Foreign keys are violated",
    hint: "Correct the migration so that each reference has its row.",
    explanation:
      "SQLite's foreign_key_check found rows without their parent before the commit; the transaction was rolled back.",
  },
  GW6005: {
    title: "Deadlocks or conflicts did not end",
    hint: "Try again when the database is less busy.",
    explanation: "The server aborted the transaction in favour of another one each time it was tried.",
  },
  GW7001: {
    title: "The source cannot be read",
    hint: "Look at the source's server, then run the same command with --resume.",
    explanation:
      "A copy reads from one database and writes into another; this failure is the source's. What the target has was committed chunk by chunk, and the ledger says which: a resumed run goes on with the others.",
  },
  GW7002: {
    title: "A row does not fit into the target",
    hint: "Correct the row in the source, change the column by a rule, or let such rows aside with --quarantine.",
    explanation:
      "The target refused a row: a constraint, a trigger or a value that its column does not take. The chunk that holds it was rolled back. The message names the key, the column and the server's reason.",
  },
  GW7003: {
    title: "Values would be lost",
    hint: "Change the column's type by a rule, or accept the loss by its name with --allow.",
    explanation:
      "The data were looked at before anything was written, and hold values that the target's type cannot keep. Each is named with its column, the number of rows and examples. Nothing was changed.",
  },
  GW7004: {
    title: "The target is not as the copy needs it",
    hint: "Choose another mode (truncate, refresh, upsert), other tables, or names by a rule.",
    explanation:
      "A table of the same name is there already, holds rows, is missing or lacks a column, or two names of the source become one on the target; then nothing was written. Or a copy that goes on has to replace rows that it copied before the source changed, and a foreign key of the target is in the way of it; then what was committed stays.",
  },
  GW7005: {
    title: "The two sides differ",
    hint: "Look at the rows that the report names; copy the tables again, or repair the rows with the SQL it gives.",
    explanation:
      "The digests of a table's rows are not equal on both sides, and the rows that differ were found. A source that is written to while it is compared differs for that reason alone.",
    exit: 5,
  },
  GW7006: {
    title: "This cannot be copied",
    hint: "Leave it out with --exclude, or make it by hand.",
    explanation: "The engine has no such role, or the object has no equivalent on the target.",
  },
  GW7007: {
    title: "The source changed its structure meanwhile",
    hint: "Start the copy anew: `--restart` drops what it made.",
    explanation:
      "A table of the source is not as it was when the copy was planned: a column is gone, or has another type. Rows of two shapes would have been mixed. The target keeps what was committed.",
  },
  GW7008: {
    title: "Unusable mapping rules",
    hint: "Correct the file; docs/reference/rules.md tells each rule.",
    explanation:
      "A rule is malformed, names an action that is not known, or contradicts another one. Rules that are accepted but mean nothing here are named in a warning instead. Nothing was changed.",
    exit: 64,
  },
  GW8001: {
    title: "Stopped by an operator",
    hint: "Remove the stop file if there is one, then run the same command again: it goes on where this run stopped.",
    explanation:
      "The stop file was there, or someone said `godwit ctl stop`. The run ended before its next statement or batch; what was committed is recorded, and nothing was undone. As a warning: at the path of the stop file lies something that is none, such as a link or another user's file, and it is not heeded.",
    exit: 130,
  },
  GW8002: {
    title: "Aborted by the guard",
    hint: "Look at what the message names; then run the same command again. The limits are settings: docs/guides/guarding-production.md.",
    explanation:
      "A signal passed the limit at which a run must end: replication lag, latency, disk, errors, or batches that failed in a row. Where guard.onAbort says so, what the run had done is undone, as far as its down files can.",
  },
  GW8003: {
    title: "Paused for too long",
    hint: "Look at what the message names; then run the same command again: it goes on where this run stopped. guard.longestPause is the bound.",
    explanation:
      "A signal kept the run waiting for longer than guard.longestPause. What was committed is recorded. A signal that cannot be read counts as a breach: `godwit doctor` tells which privilege is missing, and null switches a limit off.",
  },
  GW8004: {
    title: "No run to control",
    hint: "`godwit ctl status` shows the runs that are not done.",
    explanation:
      "`godwit ctl` speaks to a run that is not done. There is none, or none of that id, or there are several and none was named; or it was to stop one that no process is working on.",
    exit: 64,
  },
  GW8005: {
    title: "A signal is not watched",
    hint: "`godwit doctor` prints the GRANT or the setting; null switches the limit off.",
    explanation:
      "A warning only. A signal has a limit by default, and this user may not see it, or this server does not keep it. The run goes on without it. Where the limit is set in the configuration, a signal that cannot be read makes the run wait.",
  },
  GW8006: {
    title: "Aborted, and not undone",
    hint: "`godwit status` shows what is left; `godwit rollback` goes on with an undo that was begun.",
    explanation:
      "The guard aborted the run, and undoing what the run had done failed: a down file was refused, or another process took the run over. The message has both reasons. What was undone until then is recorded.",
  },
  GW8201: {
    title: "A backup could not be written",
    hint: "Make room, or choose another folder with --output; then run it again.",
    explanation:
      "The file system refused the backup's file: it is full, gave an error, or has a file of that name. What was written is removed. A backup has its name, its table of contents and its row in the ledger only when all of it is on the disk; anything else is none.",
  },
  GW8202: {
    title: "The file is no backup",
    hint: "`godwit backup list` names the backups of a database.",
    explanation:
      "The file is not there, cannot be read, or does not begin as a backup of Godwit does. Nothing was changed.",
  },
  GW8203: {
    title: "A backup is damaged",
    hint: "Use another backup; `godwit backup list` names them.",
    explanation:
      "The file is not as it was written: it was cut off, altered, or its medium gives other bytes. The message names the place. The whole file is looked at before a restore changes anything.",
  },
  GW8204: {
    title: "The key does not fit",
    hint: "Give the backup's key: GODWIT_BACKUP_KEY, or --key-file with a file that only you may read.",
    explanation:
      "The backup is encrypted and there is no key, or it was encrypted with another one; or there is a key and the file to restore is not encrypted, so that anybody could have written it. The head of the file is whole and tells a wrong key apart from damage. A key is 32 bytes, written as 64 hexadecimal digits or in base64.",
  },
  GW8205: {
    title: "The ledger does not know the backup",
    hint: "`godwit backup list` names the backups that it knows.",
    explanation:
      "A backup's row stands in the ledger of the database that was backed up. It is missing, or says that the file was removed.",
  },
  GW8206: {
    title: "The database changed its structure meanwhile",
    hint: "Run it again.",
    explanation:
      "A table was altered between the backup's snapshot and the moment at which it was read, so the snapshot no longer shows its rows. No backup was made.",
  },
  GW8207: {
    title: "What was restored is not what was backed up",
    hint: "Do not rely on this backup: make another one, and keep this one for an inquiry.",
    explanation:
      "All rows were read back and their sums held against those that were taken when the backup was made, table by table, and the schema was compared. What differs is named. The backup does not count as verified.",
    exit: 5,
  },
  GW8208: {
    title: "This cannot be backed up or restored so",
    hint: "Use the other form, or a server of the backup's engine.",
    explanation:
      "The engine has no backups, the backup is of another engine, a client program is missing or older than the server, or a row has more text than the server takes. Nothing was changed. As a warning: this server would not take a row of its own backup back.",
  },
  GW8209: {
    title: "The target refused a part of the backup",
    hint: "Look at the reason; the same command goes on where it stopped.",
    explanation:
      "A row or a statement of the backup was refused by the target's server. The restore is not finished, and its run in the ledger says so. Chunks that were committed stay, and are not loaded again.",
  },
  GW8210: {
    title: "The target is not empty, or has another name",
    hint: "Restore into an empty database, or type the target's name with --confirm NAME.",
    explanation:
      "A restore replaces all that is in the database. So it goes by itself only into an empty one that has the name of the database that was backed up, and into none that holds what cannot be dropped. Nothing was changed.",
  },
  GW8212: {
    title: "A restore into this database is not finished",
    hint: "Run the same `godwit backup restore` again: it goes on where it stopped.",
    explanation:
      "The database holds a part of a backup. Migrations are refused until the restore is done, because they would change what is not whole.",
  },
  GW8213: {
    title: "A client program failed",
    hint: "Look at what it said. The portable form needs no such program: leave --form out.",
    explanation:
      "A native backup is made and restored by the server's own programs, or by its own means. One of them ended with an error, which the message repeats. A backup that was being made is none.",
  },
  GW8101: {
    title: "The plan is stale",
    hint: "Make a new plan, and have it reviewed: `godwit plan -o FILE`.",
    explanation:
      "A reviewed plan runs only against the database that it was made for, as it was then. Since then migrations were applied or rolled back, a run stopped halfway, or the schema was changed. The message names each change, and the difference of the schema is shown. Nothing was changed.",
  },
  GW8102: {
    title: "Unusable plan file",
    hint: "Make the plan again: `godwit plan -o FILE`.",
    explanation:
      "The file is not there, is too large, is no plan of Godwit's, was cut off or damaged, or holds a member that is not known. Nothing of it was carried out.",
  },
  GW8103: {
    title: "The plan was edited",
    hint: "Make a new plan, and have it reviewed: `godwit plan -o FILE`.",
    explanation:
      "A plan carries a hash over all that it says, and each approval a seal over the hash and its own words. One of them does not match: something was changed after the plan was made, or after it was approved. Nothing of it was carried out.",
  },
  GW8104: {
    title: "This approval does not count",
    hint: "Another person has to approve: `godwit approve FILE --as NAME`.",
    explanation:
      "The author of a plan cannot approve it, and nobody can approve it twice. Where the configuration lists approvers, only they count, and those with a key there only with their signature.",
  },
  GW8105: {
    title: "Approval needed",
    hint: "`godwit plan -o FILE`, then another person: `godwit approve FILE --as NAME`, then `godwit apply FILE`.",
    explanation:
      "The environment demands that somebody else than the author approves the plan, or names a ticket for it. Nothing was changed.",
    exit: 3,
  },
  GW8106: {
    title: "A gate is closed",
    hint: "`godwit plan FILE` shows all gates. One that the configuration lets pass is passed with --skip-gate NAME=REASON.",
    explanation:
      "Before anything is written, the conditions of the environment are checked: ticket, approvals, a tested backup, the same plan run on staging, a rehearsed rollback, the database's identity, and dangers agreed to by name. At least one of them is not met. Nothing was changed.",
  },
  GW8107: {
    title: "The database's name was not confirmed",
    hint: "Type the name at the terminal, or pass --confirm NAME.",
    explanation:
      "The name of a production database is typed before it is changed, so that nobody works on it believing that it is another one. --yes does not stand for it. Nothing was changed.",
  },
  GW8108: {
    title: "Unusable key",
    hint: "Give an Ed25519 key, made by `ssh-keygen -t ed25519`.",
    explanation:
      "Approvals are signed with Ed25519 keys: in OpenSSH's format or as PEM. The file could not be read, holds another kind of key, or ssh-keygen, which signs with keys behind a passphrase or in an agent, refused.",
  },
  GW8109: {
    title: "The rehearsal failed",
    hint: "Correct the migration or its down file; then rehearse again.",
    explanation:
      "The migrations were run forward, back and forward on a scratch database that has the target's schema. A statement failed, the way back left another schema than there was before, or the second way forward made another one than the first. The target was not changed.",
  },
  GW8110: {
    title: "A file is not as it was planned",
    hint: "Make a new plan, and have it reviewed: `godwit plan -o FILE`.",
    explanation:
      "A migration file was changed or removed after the plan was made. SQL is part of the plan, and runs as it was reviewed; this is then a warning. A TypeScript migration runs from its file, so its plan is refused.",
  },
  GW8301: {
    title: "Rows cannot be kept",
    hint: "Write the change so that its rows can be kept, back the table up instead, or say `-- godwit: no-snapshot` before the statement.",
    explanation:
      "A statement asks for a snapshot of the rows that it changes, by `-- godwit: snapshot` or because `snapshots: always` demands it, and this one cannot have it: the statement changes rows that no query can tell before, or the table has no key by which a row is found again. Nothing was changed.",
  },
  GW8302: {
    title: "Other rows were changed than were kept",
    hint: "Run it again. Where it fails again, the condition gives another answer each time it is asked (random(), a LIMIT without an order): name the rows.",
    explanation:
      "The rows that a statement changes are kept before it, and afterwards the rows that it did change are held against them. They were not the same: somebody else changed rows between the two, or the condition does not say which rows are meant. The transaction was rolled back.",
  },
  GW8303: {
    title: "Rows were changed since",
    hint: "Look at the rows that are named. To overwrite them all the same: `godwit rollback --allow overwrite-changed-rows`.",
    explanation:
      "A rollback puts back the rows that a migration changed. Some of them are no longer as the migration left them, so somebody's work would be lost. Nothing was put back.",
  },
  GW8304: {
    title: "Kept rows cannot be put back",
    hint: "Look at `godwit snapshots`; the rows are in the tables that it names.",
    explanation:
      "The snapshot was dropped or put back already, the migration kept other rows than its file would put back now, the table has other columns now, the server refuses a row because of a constraint, or the rows would not be there as they were, because the server changes them on the way. Nothing was put back.",
  },
  GW8305: {
    title: "More is changed than is kept",
    hint: "Look at what the rollback will leave as it is; a down file can undo it.",
    explanation:
      "A warning. Only the rows of the table that the statement names are kept. A trigger of the table runs, or foreign keys change other tables with it; a rollback leaves those changes in place.",
  },
  GW8311: {
    title: "A phase of a copy is not proved",
    hint: "Look at the rows that are named; then run the same command again: the phase is copied on and compared anew.",
    explanation:
      "With --phases a copy proves what it has copied before it copies more: at most some rows of one table, that table, a schema, the database. What this phase has copied differs from the source, so nothing more was copied. A trigger of the target, or somebody who writes into it, is the usual reason.",
    exit: 5,
  },
  GW8312: {
    title: "Stopped at the gate of a phase",
    hint: "Look at what was copied, then run the same command again: it goes on with the next phase.",
    explanation:
      "With --phases stop a copy ends after each phase, when what it has copied is proved, so that somebody looks at it before more is copied. Nothing is wrong. The rows are brought to the newest state of the source when it goes on.",
    exit: 3,
  },
  GW9001: {
    title: "A fault in Godwit",
    hint: "Please report it with the output of the command run again with --json.",
    explanation:
      "An assertion of the program failed. It stopped rather than go on from a state that should not exist.",
  },
} as const satisfies Record<string, CatalogEntry>;

export type ErrorCode = keyof typeof entries;

export const catalog: Readonly<Record<ErrorCode, CatalogEntry>> = entries;
