import type { GodwitError } from "../core/error.ts";
import type { Interruption } from "./interruption.ts";
import type { Output } from "./output.ts";

/** What a value looks like; it decides how it is read and completed. */
export type ValueKind =
  | "text"
  | "folder"
  | "file"
  | "url"
  | "duration"
  | "milliseconds"
  | "count"
  | "rows"
  | "list"
  | "names"
  | "percent"
  | "bytes"
  /** NAME=TEXT, once or several times. */
  | "pairs"
  /** A number from 0 to 1. */
  | "share"
  /** `true` or `false`; without a value it is true. */
  | "truth";

export interface OptionSpec {
  /** With its leading dashes, e.g. "--to". `--no-x` is the negation of a value that is true otherwise. */
  readonly name: `--${string}`;
  readonly short?: `-${string}`;
  /** The value's name in the help; none for a switch. */
  readonly value?: string;
  readonly kind?: ValueKind;
  /** The smallest count; 0 where it is left out. */
  readonly least?: number;
  readonly description: string;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly description: string;
  readonly choices?: readonly string[];
  /** Only behind all that are not. */
  readonly isOptional?: boolean;
  /** As many as are given; only the last one. */
  readonly isVariadic?: boolean;
}

export interface Example {
  readonly command: string;
  readonly description: string;
}

export interface CommandSpec {
  readonly name: string;
  readonly group: CommandGroup;
  /** One line for the list of commands. */
  readonly summary: string;
  /** For the command's own help. */
  readonly description: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly [Example, Example, ...Example[]];
  /** What --json prints. */
  readonly json: "document" | "events" | "none";
  readonly load: () => Promise<Action>;
}

export type CommandGroup =
  | "Start"
  | "Migrations"
  | "History"
  | "Copies"
  | "Backups"
  | "Mappings"
  | "Runs"
  | "Server"
  | "Help";

/** Values of all options of all commands, by their names in camel case; what was not given is undefined. */
export interface OptionValues {
  readonly url?: string;
  readonly migrations?: string;
  readonly profile?: string;
  readonly config?: string;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly color?: boolean;
  readonly to?: string;
  readonly steps?: number;
  readonly wait?: number;
  readonly timeout?: number;
  readonly dryRun?: boolean;
  readonly allowOutOfOrder?: boolean;
  readonly lockTimeout?: string;
  readonly statementTimeout?: string;
  readonly lockRetries?: number;
  readonly schemaFile?: boolean;
  readonly exitCode?: boolean;
  readonly withoutFile?: boolean;
  readonly ts?: boolean;
  readonly repeatable?: boolean;
  readonly printSchema?: boolean;
  readonly accept?: readonly string[];
  readonly acceptAll?: boolean;
  readonly forget?: readonly string[];
  readonly reseal?: boolean;
  readonly done?: readonly string[];
  readonly notDone?: readonly string[];
  readonly tables?: readonly string[];
  readonly exclude?: readonly string[];
  readonly rules?: readonly string[];
  readonly schemaOnly?: boolean;
  readonly dataOnly?: boolean;
  readonly mode?: string;
  readonly watermark?: string;
  readonly jobs?: number;
  readonly phases?: string;
  readonly phaseRows?: number;
  readonly chunkSize?: number;
  readonly quarantine?: boolean;
  readonly quarantineLimit?: number;
  readonly plan?: boolean;
  /** Of a copy the run; elsewhere a switch. */
  readonly resume?: string | true;
  readonly restart?: boolean;
  readonly allow?: readonly string[];
  readonly drafts?: string;
  readonly drop?: readonly string[];
  readonly columns?: readonly string[];
  readonly where?: string;
  readonly sample?: number;
  readonly ulps?: number;
  readonly expectHead?: string;
  readonly limit?: number;
  readonly run?: string;
  readonly since?: string;
  readonly format?: string;
  readonly output?: string;
  readonly form?: string;
  readonly encrypt?: boolean;
  readonly keyFile?: string;
  readonly verify?: boolean;
  readonly scratch?: string;
  readonly confirm?: string;
  readonly plain?: boolean;
  readonly keep?: number;
  readonly olderThan?: number;
  readonly all?: boolean;
  readonly as?: string;
  readonly ticket?: string;
  readonly key?: string;
  readonly with?: readonly string[];
  readonly source?: string;
  readonly target?: string;
  readonly skipGate?: Readonly<Record<string, string>>;
  readonly out?: string;
  readonly each?: boolean;
  readonly schemaVersion?: string;
  readonly shape?: string;
  readonly naming?: string;
  readonly clean?: readonly string[];
  readonly strict?: boolean;
  readonly force?: boolean;
  readonly backup?: boolean;
  readonly batch?: number;
  readonly context?: string;
  readonly type?: string;
  readonly search?: string;
  readonly minConfidence?: number;
  readonly jsonPath?: string;
  readonly db?: string;
}

export interface Invocation {
  readonly command: CommandSpec;
  /** One for each that the command has, but for optional ones that were left out. */
  readonly arguments: readonly string[];
  readonly options: OptionValues;
  /** As it was given, for a shell. */
  readonly commandLine: string;
  /** What stands before an action on mapping databases: "godwit mappings", or the other program's words. */
  readonly words: string;
  readonly output: Output;
  readonly interruption: Interruption;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Says how to describe what a failure left behind. */
  readonly onFailure: (describe: (error: GodwitError) => string | null) => void;
}

/** Carries a command out; resolves with the exit code. */
export type Action = (invocation: Invocation) => Promise<number>;
