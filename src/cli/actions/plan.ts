import { resolve } from "node:path";
import { openPlan } from "../../commands/apply-plan.ts";
import { freezePlan, type FreezeOptions } from "../../commands/freeze.ts";
import { gateReport } from "../../commands/gate-report.ts";
import { plan as planPending } from "../../commands/plan.ts";
import { type FrozenPlan, thawPlan } from "../../core/frozen-plan.ts";
import { GodwitError } from "../../core/error.ts";
import type { Plan } from "../../core/plan.ts";
import { replaceFile } from "../../run/files/replace-file.ts";
import type { GateState } from "../../run/gates/gate.ts";
import type { Invocation } from "../command-spec.ts";
import { type DocumentForm, type DocumentPart, planDocument } from "../document/plan-document.ts";
import { frozenPlanText, gatesText } from "../render-frozen-plan.ts";
import { planText } from "../render-plan.ts";
import { oneLine } from "../visible-text.ts";
import { readingOptions } from "./reading.ts";

export async function plan(invocation: Invocation): Promise<number> {
  const { options } = invocation;
  const [file] = invocation.arguments;
  if (file !== undefined) return showPlan(invocation, file);
  const form = formOf(options.format);
  if (form !== null) return writeReview(invocation, form);
  if (options.output !== undefined) return writePlan(invocation, { to: options.to });
  const pending = await planPending({ ...readingOptions(invocation), to: options.to });
  if (pending === null) return printPlan(invocation, null);
  const gates = await gateReport(pending, null, readingOptions(invocation));
  return printPlan(invocation, pending, { gates });
}

/** A plan that is in a file: with the gates as they stand now, where the database can be asked. */
async function showPlan(invocation: Invocation, file: string): Promise<number> {
  const { options, cwd, output, command } = invocation;
  if (options.to !== undefined || options.as !== undefined || options.ticket !== undefined) {
    throw new GodwitError("GW1001", {
      message: "a plan that is in a file is shown as it is: without --to, --as and --ticket",
    });
  }
  const frozen = await openPlan({ file, cwd });
  const gates = await gatesNow(invocation, frozen);
  const form = formOf(options.format);
  if (form !== null) return document(invocation, { frozen, gates, form, file });
  if (options.output !== undefined) {
    throw new GodwitError("GW1001", {
      message: "-o writes a plan that is in a file as --format markdown or html",
    });
  }
  output.result(command.name, { plan: frozen, gates }, () =>
    frozenPlanText(frozen, gates, { paint: output.out.paint, cwd }),
  );
  return 0;
}

/** Whoever reviews may have no way to the database: that is said, and the rest is shown. */
async function gatesNow(invocation: Invocation, frozen: FrozenPlan): Promise<GateState[]> {
  const options = readingOptions(invocation);
  try {
    return await gateReport(thawPlan(frozen), frozen, options);
  } catch (error) {
    if (!(error instanceof GodwitError)) throw error;
    const { yellow } = invocation.output.err.paint;
    invocation.output.err.write(
      `${yellow("note")}: the gates could not be asked: ${oneLine(error.message, 500)}\n`,
    );
    return [];
  }
}

/** The plan of what is pending as a document, without a plan's file. */
async function writeReview(invocation: Invocation, form: DocumentForm): Promise<number> {
  const { as, ticket, to } = invocation.options;
  const frozen = await freezePlan({ ...readingOptions(invocation), to, as, ticket });
  if (frozen === null) return printPlan(invocation, null);
  const gates = await gateReport(thawPlan(frozen), frozen, readingOptions(invocation));
  return document(invocation, { frozen, gates, form, file: "plan.json" });
}

async function document(
  { options, output, command, cwd }: Invocation,
  about: {
    readonly frozen: FrozenPlan;
    readonly gates: readonly GateState[];
    readonly form: DocumentForm;
    readonly file: string;
  },
): Promise<number> {
  const { frozen, gates, form } = about;
  const text = planDocument(frozen, { gates, form, file: about.file, with: partsOf(options.with) });
  const { output: file } = options;
  if (file !== undefined) {
    await replaceFile(resolve(cwd, file), { keepsRights: true }, (write) => write(text));
  }
  const shown = file === undefined ? { document: text } : { file };
  output.result(command.name, { hash: frozen.hash, format: form, ...shown }, () =>
    file === undefined ? text : `wrote ${oneLine(file)}\n`,
  );
  return 0;
}

/** Writes a plan for review, and says what comes next. */
export async function writePlan(
  invocation: Invocation,
  choice: Pick<FreezeOptions, "of" | "to" | "steps" | "allow">,
): Promise<number> {
  const { options, output, cwd } = invocation;
  const { output: file = "", as, ticket } = options;
  const frozen = await freezePlan({ ...readingOptions(invocation), ...choice, output: file, as, ticket });
  if (frozen === null) {
    const isApply = choice.of !== "rollback";
    return printPlan(
      invocation,
      null,
      isApply ? {} : { nothing: "no migration is applied that would be undone" },
    );
  }
  const gates = await gateReport(thawPlan(frozen), frozen, readingOptions(invocation));
  output.result(invocation.command.name, { file, hash: frozen.hash, plan: frozen, gates }, () => {
    const text = frozenPlanText(frozen, gates, { paint: output.out.paint, cwd });
    return `${text}\n${nextText(file)}`;
  });
  return 0;
}

export function nextText(file: string): string {
  const name = oneLine(file);
  return `wrote ${name}\nnext: another person runs \`godwit approve ${name} --as NAME\`; then \`godwit apply ${name}\`\n`;
}

/** Prints a plan as the result of the command. */
export function printPlan(
  { output, command, cwd }: Invocation,
  plan: Plan | null,
  more: { readonly nothing?: string; readonly gates?: readonly GateState[] } = {},
): number {
  const { nothing = "no migration is pending", gates = [] } = more;
  const { paint } = output.out;
  output.result(command.name, gates.length === 0 ? { plan } : { plan, gates }, () =>
    plan === null
      ? `nothing to do: ${nothing}\n`
      : `${planText(plan, { paint, cwd })}${gatesText(gates, paint)}`,
  );
  return 0;
}

function formOf(text: string | undefined): DocumentForm | null {
  if (text === undefined || text === "text") return null;
  if (text === "markdown" || text === "html") return text;
  throw new GodwitError("GW1001", {
    message: `--format is ${JSON.stringify(text)}: expected text, markdown or html`,
    details: { what: "--format" },
  });
}

function partsOf(names: readonly string[] = []): readonly DocumentPart[] {
  return names.map((name) => {
    if (name === "runbook" || name === "checklist") return name;
    throw new GodwitError("GW1001", {
      message: `--with is ${JSON.stringify(name)}: expected runbook and checklist`,
      details: { what: "--with" },
    });
  });
}
