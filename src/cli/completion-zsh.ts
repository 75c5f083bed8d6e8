import type { OptionSpec } from "./command-spec.ts";
import { completionCommands, completionOptions } from "./completion-words.ts";

/** A completion function for zsh: works when evaluated, and as a file named _godwit in $fpath. */
export function zshCompletion(): string {
  const commands = completionCommands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = completionCommands.map((command) => {
    const specs = completionOptions(command).map((option) => quoted(optionSpec(option)));
    for (const [index, { name, choices, isOptional }] of (command.arguments ?? []).entries()) {
      const values = choices === undefined ? "" : `(${choices.join(" ")})`;
      specs.push(quoted(`${index + 1}:${isOptional === true ? ":" : ""}${name}:${values}`));
    }
    return `    ${command.name}) _arguments ${specs.join(" ")} ;;`;
  });
  const globals = completionOptions(null).map((option) => quoted(optionSpec(option)));
  return `#compdef godwit
# Completion of godwit for zsh. Load it with: eval "$(godwit completion zsh)"
_godwit() {
  local context state state_descr line
  typeset -A opt_args
  local -a commands
  commands=(
${commands.join("\n")}
    ${quoted("help:print help about a command")}
  )
  _arguments -C ${globals.join(" ")} '1: :->command' '*:: :->rest'
  case $state in
  command) _describe -t commands command commands ;;
  rest)
    case $line[1] in
${cases.join("\n")}
    help) _describe -t commands command commands ;;
    esac
    ;;
  esac
}
if [ "$funcstack[1]" = "_godwit" ]; then _godwit "$@"; else compdef _godwit godwit; fi
`;
}

function optionSpec({ name, value, kind, description }: OptionSpec): string {
  const text = description.replaceAll(/[[\]\\:]/g, String.raw`\$&`);
  if (value === undefined) return `${name}[${text}]`;
  const action = kind === "folder" ? "_files -/" : kind === "file" ? "_files" : " ";
  return `${kind === "list" ? "*" : ""}${name}[${text}]:${value}:${action}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
