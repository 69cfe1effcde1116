// Somebody looks for something in the log, follows it live, and takes it away.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

import { furnish } from "../support/furnish";
import { expect, settled, stepUp, test } from "../support/test";

test("the log is searched, followed and exported", async ({ page, hydrated }, info) => {
  test.setTimeout(180_000);
  const made = await furnish(page, hydrated);
  const fetch = () => execFileSync("bash", ["-c", made.curl.replace("curl", "curl -s")]);
  fetch();
  await page.goto(`${made.team}/log`);
  await settled(page, hydrated);
  // The days come with the watch, a few seconds behind.
  const bar = page.getByRole("group", { name: "Events by day" }).getByRole("link").last();
  await expect(async () => {
    await page.reload();
    await expect(bar).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 40_000, intervals: [2000] });
  await page.getByLabel("Text").fill("northwind de");
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page).toHaveURL(/text=northwind/);
  // The words that text is looked for in come with the watch too.
  await expect(async () => {
    await page.reload();
    await expect(page.locator(".log-text").first()).toContainText("Northwind DE", { timeout: 1000 });
  }).toPass({ timeout: 40_000, intervals: [2000] });
  await expect(page.locator(".log-text").filter({ hasText: "created the Team" })).toHaveCount(0);
  await page.getByLabel("Text").fill("nobody is called that");
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page.getByText("Nothing fits this filter.")).toBeVisible();
  await page.goto(`${made.team}/log?action=credential.`);
  await expect(async () => {
    await page.reload();
    await expect(bar).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 40_000, intervals: [2000] });
  await bar.click();
  await expect(page).toHaveURL(/action=credential%2E&from=.*T00%3A00&until=/);
  await expect(page.locator(".log-text").first()).toContainText("received a runtime credential for");

  if (hydrated) {
    await page.goto(`${made.team}/log?action=credential.`);
    await page.getByRole("link", { name: "Follow live" }).click();
    const rows = page.locator(".log > li");
    await expect(rows).toHaveCount(1);
    await rows.first().locator("summary").click();
    await expect(page.locator(".log details[open]")).toHaveCount(1);
    fetch();
    await expect(rows).toHaveCount(2);
    await expect(page.locator(".log details[open]")).toHaveCount(1);
    await page.getByRole("link", { name: "Stop following" }).click();
  }

  await page.goto(`${made.team}/log?action=credential.`);
  await settled(page, hydrated);
  const region = page.getByRole("region", { name: "Export what fits" });
  const again = region.getByRole("button", { name: "Confirm that it is me" });
  if (await again.isVisible()) await stepUp(page, made.email, []);
  await settled(page, hydrated);
  await region.getByLabel("Format").selectOption("csv");
  // A head is signed every minute; before the first there is nothing to prove anything by.
  const file = info.outputPath("log.csv");
  await expect(async () => {
    await page.goto(`${made.team}/log?action=credential.`);
    await region.getByLabel("Format").selectOption("csv");
    const [download] = await Promise.all([page.waitForEvent("download", { timeout: 3000 }), region.getByRole("button", { name: "Export" }).click()]);
    await download.saveAs(file);
  }).toPass({ timeout: 100_000, intervals: [5000] });
  const lines = readFileSync(file, "utf8").trim().split("\n");
  expect(lines[0]).toMatch(/^index,id,at,team_id/);
  expect(lines.slice(1).every((line) => line.includes("credential.issued"))).toBe(true);
});
