import { existsSync } from "node:fs";
import { type Browser, chromium, type Page } from "playwright-core";

const path = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** False where there is a browser; in CI its absence is a failure and no skip. */
export const browserSkip: string | false =
  existsSync(path) || process.env["CI"] !== undefined
    ? false
    : "no Chromium: script/browser path installs it";

export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
  /** What the page has asked of any server, and said of itself as an error. */
  readonly complaints: readonly string[];
}

/** A page of a real Chromium, which reaches no other server. */
export async function openPage(url: string, size = { width: 1200, height: 900 }): Promise<OpenPage> {
  const browser: Browser = await chromium.launch({
    executablePath: path,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
  });
  const page = await browser.newPage({ viewport: size });
  const complaints: string[] = [];
  page.on("request", (request) => {
    if (request.url() !== url) complaints.push(`asked for ${request.url()}`);
  });
  page.on("console", (message) => complaints.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(url);
  return { page, complaints, [Symbol.asyncDispose]: () => browser.close() };
}
