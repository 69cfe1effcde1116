// The test every journey uses: a page that fails on console errors and policy violations, and a person who signs in.
import { type Page, test as base, expect } from "@playwright/test";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

export { expect };

let people = 0;

export const test = base.extend<{ clean: { expected: RegExp[] }; hydrated: boolean }>({
  baseURL: async ({}, use) => use(process.env.PORTAL_URL),
  hydrated: async ({ javaScriptEnabled }, use) => use(javaScriptEnabled ?? true),
  // An address of its own for each test: limits per address are for attackers.
  extraHTTPHeaders: async ({}, use, info) => {
    const n = info.workerIndex * 1000 + (people += 1);
    await use({ "X-Forwarded-For": `198.51.${100 + ((n >> 8) % 100)}.${n % 256}` });
  },
  // `expected` lists console lines that a test provokes on purpose.
  clean: [
    async ({ page }, use) => {
      const lines: string[] = [];
      const clean = { expected: [] as RegExp[] };
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && lines.push(message.text()));
      page.on("pageerror", (error) => lines.push(String(error)));
      await page.addInitScript(() => {
        document.addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
      });
      await use(clean);
      expect(lines.filter((line) => !clean.expected.some((known) => known.test(line)))).toEqual([]);
    },
    { auto: true },
  ],
});

/** The session of the installation's operator, for a context of its own. */
export const operatorState = () => join(process.env.PORTAL_DATA!, "operator.json");

/** A fresh address, so that tests share nothing. */
export const newAddress = (name: string) => `${name}-${process.pid}-${(people += 1)}-${Date.now().toString(36)}@example.com`;

/** The newest code that was mailed to an address, once it is there. */
export async function codeFor(email: string, besides: string[] = []): Promise<string> {
  const folder = join(process.env.PORTAL_DATA!, "mail");
  for (let tries = 0; tries < 100; tries += 1) {
    const mails = readdirSync(folder).filter((file) => file.endsWith(".json")).sort().reverse();
    for (const file of mails) {
      try {
        const mail = JSON.parse(readFileSync(join(folder, file), "utf8"));
        const code = mail.subject.match(/^(\d{4}) (\d{4})/);
        if (mail.to === email && code && !besides.includes(code[1] + code[2])) return code[1] + code[2];
      } catch {
        // Being written now: there at the next look.
      }
    }
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error(`no code came for ${email}`);
}

/** Waits until the page listens, when it is one that hydrates. */
export async function settled(page: Page, hydrated: boolean) {
  if (hydrated) await page.locator("html[data-ready]").waitFor({ state: "attached" });
}

/** Waits until the page says that a form did what it says; without scripts the page itself is the answer. */
export async function done(page: Page, hydrated: boolean) {
  if (hydrated) await expect(page.getByText("Done", { exact: true }).last()).toBeVisible();
}

/** With scripts the form goes off at the last digit; a hasty Enter after it must do no harm. */
async function enterCode(page: Page, code: string) {
  const field = page.getByRole("textbox", { name: "Code" });
  await field.fill(code);
  await field.press("Enter", { timeout: 1000 }).catch(() => undefined);
}

/** Signs in with a code from the captured mail. */
export async function signIn(page: Page, email: string, besides: string[] = []) {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Send code" }).click();
  const code = await codeFor(email, besides);
  await enterCode(page, code);
  await expect(page.getByRole("heading", { level: 1, name: "Your Teams" })).toBeVisible();
  return code;
}

/** Confirms the person with a fresh code at the first gate: on its page, or without scripts on a page of its own. */
export async function stepUp(page: Page, email: string, used: string[]) {
  await page.getByRole("button", { name: "Confirm that it is me" }).first().click();
  await expect(page.getByText("We sent 8 digits to").filter({ visible: true })).toBeVisible();
  const here = await page.locator("[data-gate-code]").isVisible();
  const code = await codeFor(email, used);
  await enterCode(page, code);
  if (here) await expect(page.getByText("It is you: for 10 minutes.")).toBeFocused();
}
