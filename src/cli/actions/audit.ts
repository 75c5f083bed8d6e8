import { resolve } from "node:path";
import { type AuditExportFormat, auditExportFormats } from "../../audit/index.ts";
import { auditExport, auditHead, auditVerify } from "../../commands/audit.ts";
import { didYouMean } from "../../config/did-you-mean.ts";
import { GodwitError } from "../../core/error.ts";
import { replaceFile } from "../../run/files/replace-file.ts";
import type { Invocation } from "../command-spec.ts";
import { auditText, headText } from "../render-audit.ts";
import { readingOptions } from "./reading.ts";

/** What the exit code is where something does not fit. */
const mismatch = 5;

const actions: Readonly<Record<string, (invocation: Invocation) => Promise<number>>> = {
  verify,
  head,
  export: write,
};

export async function audit(invocation: Invocation): Promise<number> {
  const [name = ""] = invocation.arguments;
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action !== undefined) return action(invocation);
  const known = Object.keys(actions);
  throw new GodwitError("GW1001", {
    message: `audit: there is no action ${JSON.stringify(name)}${didYouMean(name, known)}`,
    hint: `There are ${known.join(", ")}.`,
  });
}

async function verify(invocation: Invocation): Promise<number> {
  const { options, output } = invocation;
  const report = await auditVerify({ ...readingOptions(invocation), expectHead: options.expectHead });
  output.result("audit verify", { ...report }, () => auditText(report, output.out.paint));
  return report.valid ? 0 : mismatch;
}

async function head(invocation: Invocation): Promise<number> {
  const { output } = invocation;
  const newest = await auditHead(readingOptions(invocation));
  output.result("audit head", { head: newest }, () => headText(newest));
  return 0;
}

async function write(invocation: Invocation): Promise<number> {
  const { options, output, cwd } = invocation;
  const { run, since, output: file } = options;
  const choice = { ...readingOptions(invocation), format: formatOf(options.format), run, since };
  if (file === undefined) {
    await auditExport({ ...choice, write: (text) => output.out.writeSoon(text) });
    output.out.flush();
    return 0;
  }
  await replaceFile(resolve(cwd, file), { keepsRights: false }, async (wanted) => {
    await auditExport({ ...choice, write: wanted });
  });
  return 0;
}

function formatOf(text = "ndjson"): AuditExportFormat {
  const format = auditExportFormats.find((each) => each === text);
  if (format !== undefined) return format;
  throw new GodwitError("GW1001", {
    message: `--format is ${JSON.stringify(text)}: expected ${auditExportFormats.join(", ")}`,
    details: { what: "--format" },
  });
}
