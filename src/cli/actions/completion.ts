import { GodwitError } from "../../core/error.ts";
import { bashCompletion } from "../completion-bash.ts";
import { fishCompletion } from "../completion-fish.ts";
import { zshCompletion } from "../completion-zsh.ts";
import { didYouMean } from "../../config/did-you-mean.ts";
import type { Invocation } from "../command-spec.ts";

const scripts: Readonly<Record<string, () => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export async function completion({ arguments: [argument = ""], output }: Invocation): Promise<number> {
  const script = Object.hasOwn(scripts, argument) ? scripts[argument] : undefined;
  if (script === undefined) {
    const known = Object.keys(scripts);
    throw new GodwitError("GW1001", {
      message: `there is no completion for ${JSON.stringify(argument)}${didYouMean(argument, known)}`,
      hint: `It is made for ${known.join(", ")}.`,
    });
  }
  output.out.write(script());
  return 0;
}
