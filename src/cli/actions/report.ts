import { extname, resolve } from "node:path";
import type { RunReport } from "../../audit/index.ts";
import { report as readReport } from "../../commands/report.ts";
import { GodwitError } from "../../core/error.ts";
import { redact } from "../../core/secret.ts";
import { replaceFile } from "../../run/files/replace-file.ts";
import type { Invocation } from "../command-spec.ts";
import { jsonLine } from "../output.ts";
import { toHtml } from "../document/html.ts";
import { toMarkdown } from "../document/markdown.ts";
import { reportDocument } from "../document/report-document.ts";
import { readingOptions } from "./reading.ts";

type Format = "json" | "markdown" | "html";

const writers: Readonly<Record<Format, (report: RunReport) => string>> = {
  json: (report) => jsonLine({ ...report }),
  markdown: (report) => redact(toMarkdown(reportDocument(report))),
  html: (report) => redact(toHtml(reportDocument(report))),
};

const endings: Readonly<Record<string, Format>> = {
  ".json": "json",
  ".md": "markdown",
  ".markdown": "markdown",
  ".html": "html",
  ".htm": "html",
};

export async function report(invocation: Invocation): Promise<number> {
  const {
    options,
    output,
    cwd,
    arguments: [run],
  } = invocation;
  const format = formatOf(options.format, options.output);
  const made = await readReport({ ...readingOptions(invocation), run });
  if (options.output === undefined) {
    output.result("report", { ...made }, () => writers[format](made));
    return 0;
  }
  const place = resolve(cwd, options.output);
  await replaceFile(place, { keepsRights: false }, (write) => write(writers[format](made)));
  output.result("report", { file: options.output, run: made.status.id }, () => `wrote ${options.output}\n`);
  return 0;
}

/** As it is asked for, or as the file's name ends. */
function formatOf(text: string | undefined, file: string | undefined): Format {
  if (text === undefined) return endings[extname(file ?? "").toLowerCase()] ?? "markdown";
  const format = (Object.keys(writers) as Format[]).find((each) => each === text);
  if (format !== undefined) return format;
  throw new GodwitError("GW1001", {
    message: `--format is ${JSON.stringify(text)}: expected ${Object.keys(writers).join(", ")}`,
    details: { what: "--format" },
  });
}
