// A leaked key, from the alert to the end, by two people: contained, kept, told, learned from, closed, and in one file.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";

import { furnish } from "../support/furnish";
import { second } from "../support/people";
import { done, expect, settled, stepUp, test } from "../support/test";

function mailsTo(email: string): string[] {
  const folder = join(process.env.PORTAL_DATA!, "mail");
  const mails = readdirSync(folder).filter((file) => file.endsWith(".json")).map((file) => JSON.parse(readFileSync(join(folder, file), "utf8")));
  return mails.filter((mail) => mail.to === email).map((mail) => mail.subject);
}

test("a leaked key goes from its alert to the end, with two people", async ({ page, browser, hydrated, clean, javaScriptEnabled }, info) => {
  clean.expected.push(/status of 422/, /status of 403/, /status of 409/);
  test.setTimeout(300_000);
  const made = await furnish(page, hydrated);
  const { bob, email: other, used, leave } = await second(page, browser, made.team, hydrated, javaScriptEnabled);
  const call = () => execFileSync("bash", ["-c", made.curl.replace("curl", "curl -s")], { encoding: "utf8" });

  // Somebody uses what nothing may use.
  await page.goto(made.connection);
  await settled(page, hydrated);
  await page.getByText("Make it a canary").first().click();
  await page.getByRole("button", { name: "Make it a canary" }).click();
  await done(page, hydrated);
  call();
  await page.goto(`${made.team}/alerts`);
  const alert = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: "A canary was used" }) });
  await expect(async () => {
    await page.reload();
    await expect(alert).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 50_000, intervals: [1000] });
  await alert.getByRole("link", { name: "Report an incident" }).click();
  await settled(page, hydrated);
  await page.getByLabel("What seems to have happened?").selectOption("leaked_secret");
  await page.getByLabel("What did you notice?").fill("Somebody uses the canary's key");
  await page.getByRole("button", { name: "Report" }).click();
  const title = { level: 1, name: "Somebody uses the canary's key" };
  await expect(page.getByRole("heading", title)).toBeVisible();
  const incident = new URL(page.url()).pathname;
  const open = async (on: Page, part: string) => {
    // A form that was done loads its page anew by itself: that one is not waited for.
    await expect(async () => void (await on.goto(`${incident}${part}`))).toPass({ timeout: 10_000 });
    await settled(on, hydrated);
  };

  // Judged; the key is revoked, and what there was is kept before it.
  const next = page.getByRole("region", { name: "Next" });
  /** `state`: where it leads; nowhere when it is refused. */
  const step = async (label: string, note: string, button: string, state = "") => {
    await open(page, "");
    if (note) await next.getByLabel(label).fill(note);
    await next.getByRole("button", { name: button }).first().click();
    if (state) await expect(page.locator(".phase[aria-current=step]")).toContainText(state);
  };
  /** What is not allowed yet has no button, and says what comes first. */
  const comesFirst = async (button: string, first: string) => {
    await open(page, "");
    await expect(next.getByText(`${button}: ${first}`)).toBeVisible();
    await expect(next.getByRole("button", { name: button, exact: true })).toHaveCount(0);
  };
  await step("Why is it an incident", "Nothing may use this account", "Triage", "Triaged");
  await open(page, "");
  const facts = page.getByRole("region", { name: "Facts" });
  await facts.getByText("Name what it is about…").click();
  const key = await facts.getByLabel("It is about").locator("option").filter({ hasText: "Gateway key" }).first().getAttribute("value");
  await facts.getByLabel("It is about").selectOption(key!);
  await facts.getByRole("button", { name: "Name it" }).click();
  await done(page, hydrated);
  await open(page, "");
  const contain = page.getByRole("region", { name: "Containment" });
  await contain.getByRole("listitem").filter({ hasText: "Revoke the key" }).getByRole("button", { name: "Revoke the key" }).click();
  await expect(contain).toContainText("Calls with it are refused.");
  expect(call()).toContain("invalid-gateway-key");
  await open(page, "/evidence");
  await expect(page.getByText("how-things-stood.json")).toBeVisible();
  await page.locator("#file").setInputFiles({ name: "ticket.html", mimeType: "text/html", buffer: Buffer.from("<script>alert(1)</script>") });
  await page.getByRole("button", { name: "Take it in" }).click();
  await expect(page.getByText("ticket.html")).toBeVisible();
  await step("What keeps it", "", "It is contained", "Contained");
  await step("What was the cause", "The key stood in a test", "The cause is gone", "Eradicated");
  await step("What runs again?", "", "Work goes on", "Recovered");

  // Amazon is told: drafted by one, approved by another with a fresh proof, sent, and the clock stops when it arrived.
  await open(page, "/notices");
  await page.getByRole("button", { name: "Draft it" }).click();
  await done(page, hydrated);
  await open(page, "/notices");
  const notice = page.getByRole("region", { name: /^Amazon: Security incident/ });
  await expect(notice).toContainText("Another person who runs incidents approves it.");
  await notice.getByText("Change the words…").click();
  await notice.getByLabel("Subject").fill("");
  await notice.getByRole("button", { name: "Keep these words" }).click();
  await expect(page.locator(".field-error", { hasText: "Write a few words here." }).first()).toBeVisible();
  await page.getByLabel("Subject").first().fill("Our canary was used");
  await page.getByRole("button", { name: "Keep these words" }).first().click();
  await done(page, hydrated);
  await open(bob, "/notices");
  await stepUp(bob, other, used);
  await expect(bob.getByRole("heading", title)).toBeVisible();
  await settled(bob, hydrated);
  await bob.getByRole("button", { name: "Approve these words" }).click();
  await done(bob, hydrated);
  await open(page, "/notices");
  await page.getByRole("button", { name: "Send it by mail" }).click();
  await done(page, hydrated);
  await expect.poll(() => mailsTo("security@amazon.com"), { timeout: 20_000 }).toContain("Our canary was used");
  await expect(async () => {
    await page.reload();
    await expect(page.getByText("Amazon was told: By mail to security@amazon.com")).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 40_000, intervals: [1000] });
  await page.screenshot({ path: info.outputPath("notices.png"), fullPage: true });

  // What must be there before the end is told, one after the other.
  await comesFirst("It is looked back on", "Write the post-mortem first");
  await open(page, "/lessons");
  await expect(page.getByLabel("What happened")).toHaveValue(/Somebody uses the canary's key/);
  await expect(page.getByLabel("What made it possible")).toHaveValue("The key stood in a test");
  await page.getByLabel("What went well").fill("The canary told us within a minute");
  await page.getByRole("button", { name: "Keep the post-mortem" }).click();
  await expect(page.locator(".field-error", { hasText: "Write a few words here." }).first()).toBeVisible();
  await page.getByLabel("What went badly").fill("The key had lain there for a week");
  await page.getByRole("button", { name: "Keep the post-mortem" }).click();
  await done(page, hydrated);
  await step("Anything beside", "", "It is looked back on", "Reviewed");
  await open(page, "/tasks");
  await page.screenshot({ path: info.outputPath("tasks.png"), fullPage: true });
  for (let left = await page.getByText("Settle…").count(); left > 0; left -= 1) {
    await page.getByText("Settle…").first().click();
    await page.getByRole("button", { name: "Settle", exact: true }).first().click();
    await expect(page.getByText("Settle…")).toHaveCount(left - 1);
    await settled(page, hydrated);
  }
  await expect(page.getByText(/All \d+ tasks are settled/)).toBeVisible();
  await comesFirst("Close", "Say first what follows from it");
  await open(page, "/lessons");
  await page.getByLabel("What is to be done").fill("Scan repositories for keys");
  await page.getByLabel("Until").fill("2030-01-31");
  await page.getByRole("button", { name: "Add it" }).click();
  await done(page, hydrated);
  await open(page, "/lessons");
  await page.screenshot({ path: info.outputPath("lessons.png"), fullPage: true });
  await step("What is left", "Nothing", "Close", "Closed");
  await expect(page.getByText("Everything is done.").first()).toBeVisible();

  // All of it in one file, which holds on another machine and does not with one byte changed.
  await open(page, "/evidence");
  await page.getByRole("button", { name: "Bind it together" }).click();
  await done(page, hydrated);
  await open(bob, "/evidence");
  await bob.screenshot({ path: info.outputPath("evidence.png"), fullPage: true });
  const copy = bob.getByRole("button", { name: /^Take a copy of .*\.zip$/ });
  let path = "";
  await expect(async () => {
    const waits = bob.waitForEvent("download", { timeout: 4000 });
    await copy.click();
    path = (await (await waits).path())!;
  }).toPass({ timeout: 100_000, intervals: [3000] });
  const env = { PATH: process.env.PATH!, PORTAL_MODE: "development", PORTAL_DATA_DIR: process.env.PORTAL_DATA! };
  const said = execFileSync(process.env.BINARY!, ["incident", "verify", path], { encoding: "utf8", env });
  expect(said).toContain("Somebody uses the canary's key");
  await leave();
});
