// What a rule notices comes to the people of the Team, and one of them answers it.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";

import { furnish } from "../support/furnish";
import { done, expect, operatorState, settled, test } from "../support/test";

/** The alert of a rule, once the page has it. */
async function alert(page: Page, title: string) {
  const found = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: title }) });
  await expect(async () => {
    await page.reload();
    await expect(found).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 50_000, intervals: [1000] });
  return found;
}

function mailsTo(email: string): string[] {
  const folder = join(process.env.PORTAL_DATA!, "mail");
  const mails = readdirSync(folder).filter((file) => file.endsWith(".json")).map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")));
  return mails.filter((mail) => mail.to === email).map((mail) => mail.subject);
}

test("a canary is used, the Team is told, and somebody says what it was", async ({ page, hydrated, clean }) => {
  clean.expected.push(/status of 422/);
  test.setTimeout(150_000);
  const made = await furnish(page, hydrated);
  await page.goto(made.connection);
  await settled(page, hydrated);
  await page.getByText("Make it a canary").first().click();
  await page.getByRole("button", { name: "Make it a canary" }).click();
  await done(page, hydrated);
  await expect(page.getByText("Canary", { exact: true })).toBeVisible();
  const answer = execFileSync("bash", ["-c", made.curl.replace("curl", "curl -s")], { encoding: "utf8" });
  expect(answer).toContain("connection-disabled");

  await page.goto(`${made.team}/alerts`);
  const canary = await alert(page, "A canary was used");
  await expect(canary).toContainText("Northwind DE");
  await expect(canary).toContainText("Used by orders-sync");
  await expect.poll(() => mailsTo(made.email), { timeout: 20_000 }).toContainEqual(expect.stringMatching(/^Northwind: A canary was used/));
  await canary.getByRole("link", { name: "The event" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Event" })).toBeVisible();
  // An alert may be an incident: it is about what the alert is about.
  await page.goto(`${made.team}/alerts`);
  await canary.getByRole("link", { name: "Report an incident" }).click();
  await settled(page, hydrated);
  await expect(page.getByLabel("What did you notice?")).toHaveValue("A canary was used");
  await page.getByRole("button", { name: "Report" }).click();
  await expect(page.getByRole("region", { name: "Facts" })).toContainText("Northwind DE");
  await page.goto(made.team);
  await expect(page.getByText("wait for somebody")).toBeVisible();

  await page.goto(`${made.team}/alerts`);
  await settled(page, hydrated);
  await canary.getByText("Acknowledge…").click();
  await canary.getByRole("button", { name: "Acknowledge" }).click();
  await expect(canary.locator(".field-error", { hasText: "Say in a few words" })).toBeVisible();
  await canary.getByLabel("What was it?").fill("Our own test of the canary");
  await canary.getByRole("button", { name: "Acknowledge" }).click();
  await done(page, hydrated);
  const answered = page.getByRole("region", { name: "Acknowledged" });
  await expect(answered).toContainText("Our own test of the canary");
  await expect(page.getByRole("list", { name: "Open alerts" })).not.toContainText("A canary was used");
});

test("a Team sets from how much on a rule speaks, and when it is left alone", async ({ page, hydrated, clean }) => {
  clean.expected.push(/status of 422/);
  const made = await furnish(page, hydrated);
  await page.goto(`${made.team}/alerts`);
  await page.getByRole("link", { name: "Rules and delivery" }).click();
  await settled(page, hydrated);
  const rule = page.getByRole("listitem").filter({ hasText: "Repeated refused calls" });
  await rule.locator("summary").click();
  await rule.getByLabel("Speaks from").fill("0");
  await rule.getByRole("button", { name: "Save rule" }).click();
  await expect(rule.locator(".field-error", { hasText: "Enter a number from 1 to 10000." })).toBeVisible();
  await expect(rule.getByLabel("Speaks from")).toHaveValue("0");
  await rule.getByLabel("Speaks from").fill("3");
  await rule.getByRole("button", { name: "Save rule" }).click();
  await done(page, hydrated);
  await expect(rule.getByText("from 3 refused calls")).toBeVisible();
  await settled(page, hydrated);
  await page.getByLabel("Quiet hours").fill("22");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.locator(".field-error", { hasText: "Enter two different full hours" })).toBeVisible();
  await page.getByLabel("Quiet hours").fill("22-6");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await done(page, hydrated);
  await expect(page.getByLabel("Quiet hours")).toHaveValue("22-6");
});

test("the operator sees how the installation stands, and nobody else does", async ({ page, browser, clean, hydrated }) => {
  clean.expected.push(/status of 404/);
  const context = await browser.newContext({ storageState: operatorState(), baseURL: process.env.PORTAL_URL });
  const operator = await context.newPage();
  await operator.goto("/installation");
  await expect(operator.getByRole("heading", { level: 1, name: "Installation" })).toBeVisible();
  await expect(operator.getByText("In order")).toBeVisible();
  await context.close();
  await furnish(page, hydrated);
  await page.goto("/installation");
  await expect(page.getByText("Not found").first()).toBeVisible();
});
