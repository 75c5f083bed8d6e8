import { styleText } from "node:util";

/** Colours a text, or leaves it as it is where colour is not wanted. */
export interface Paint {
  readonly enabled: boolean;
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  yellow(text: string): string;
  green(text: string): string;
  cyan(text: string): string;
}

export function makePaint(enabled: boolean): Paint {
  const style =
    (format: "bold" | "dim" | "red" | "yellow" | "green" | "cyan") =>
    (text: string): string =>
      enabled && text !== "" ? styleText(format, text, { validateStream: false }) : text;
  return {
    enabled,
    bold: style("bold"),
    dim: style("dim"),
    red: style("red"),
    yellow: style("yellow"),
    green: style("green"),
    cyan: style("cyan"),
  };
}

/**
 * Whether a stream gets colours: --no-color first, then FORCE_COLOR, NO_COLOR (https://no-color.org) and
 * TERM=dumb, then whether it is a terminal.
 */
export function wantsColour(options: {
  readonly noColour: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: boolean;
}): boolean {
  const { noColour, env, terminal } = options;
  if (noColour) return false;
  const force = env.FORCE_COLOR;
  if (force !== undefined) return force !== "0" && force !== "false";
  if ((env.NO_COLOR ?? "") !== "" || env.TERM === "dumb") return false;
  return terminal;
}
