import { explain as explainCode } from "../../commands/explain.ts";
import type { Invocation } from "../command-spec.ts";
import { wrapText } from "../wrap-text.ts";

export async function explain({ arguments: [argument = ""], output }: Invocation): Promise<number> {
  const entry = explainCode(argument);
  const { code, title, explanation, hint, exit = 1 } = entry;
  const { paint, columns } = output.out;
  output.result("explain", { code, title, explanation, hint, exitCode: exit }, () => {
    const width = Math.min(columns(), 100);
    return `${paint.bold(`${code}: ${title}`)}\n\n${wrapText(explanation, width)}\nnext: ${wrapText(
      hint,
      width - 6,
    )
      .trimEnd()
      .replaceAll("\n", "\n      ")}\nexit code: ${exit}\n`;
  });
  return 0;
}
