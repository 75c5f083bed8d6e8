import { completionCommands, completionOptions, optionsWithValues } from "./completion-words.ts";

/** A completion function for bash 4 and newer, without the bash-completion package. */
export function bashCompletion(): string {
  const values = optionsWithValues();
  const namesOf = (kind: string) => values.filter((option) => option.kind === kind).map(({ name }) => name);
  const other = values.filter(({ kind }) => kind !== "folder" && kind !== "file").map(({ name }) => name);
  const commands = completionCommands.map(({ name }) => name);
  const cases = completionCommands.map((command) => {
    const options = completionOptions(command).map(({ name }) => name);
    const choices = command.arguments?.[0]?.choices ?? [];
    return `    ${command.name}) options="${options.join(" ")}" choices="${choices.join(" ")}" ;;`;
  });
  return `# Completion of godwit for bash. Load it with: eval "$(godwit completion bash)"
_godwit() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="" command="" word skip="" i
  [ "$COMP_CWORD" -gt 0 ] && previous="\${COMP_WORDS[COMP_CWORD-1]}"
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    if [ -n "$skip" ]; then skip=""; continue; fi
    case "$word" in
      ${values.map(({ name }) => name).join("|")}) skip=yes ;;
      -*) ;;
      *) command="$word"; break ;;
    esac
  done
  case "$previous" in
    ${namesOf("folder").join("|")}) while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -d -- "$current"); return ;;
    ${namesOf("file").join("|")}) while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current"); return ;;
    ${other.join("|")}) return ;;
  esac
  local options="${completionOptions(null)
    .map(({ name }) => name)
    .join(" ")}" choices="${[...commands, "help"].join(" ")}"
  case "$command" in
    "") ;;
    help) options="" choices="${commands.join(" ")}" ;;
${cases.join("\n")}
    *) return ;;
  esac
  case "$current" in
    -*) choices="$options" ;;
  esac
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$choices" -- "$current")
}
complete -F _godwit godwit
`;
}
