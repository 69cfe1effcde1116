// A connection's tabs, its test, and who holds its token, as it changes.
import { execFileSync } from "node:child_process";

import { furnish, known } from "../support/furnish";
import { done, expect, settled, test } from "../support/test";

test("a connection shows in tabs how it stands, who may use it and what happened", async ({ page, hydrated }) => {
  const { connection, curl } = await furnish(page, hydrated);
  execFileSync("bash", ["-c", curl]);
  await page.goto(connection);
  await settled(page, hydrated);
  await page.getByRole("button", { name: "Test now" }).click();
  await done(page, hydrated);
  await expect(page.getByText("Germany, France, Spain, United Kingdom")).toBeVisible();
  const tabs = page.getByRole("navigation", { name: "Parts of this connection" });
  await tabs.getByRole("link", { name: "Access" }).click();
  await expect(page.getByRole("link", { name: "orders-sync" })).toBeVisible();
  await expect(page.getByRole("row", { name: /orders-sync/ })).toBeVisible();
  await tabs.getByRole("link", { name: "Recent issues" }).click();
  await expect(page.getByText("received a runtime credential for")).toBeVisible();
  await expect(page.getByText("tested")).toBeHidden();
  await tabs.getByRole("link", { name: "Log" }).click();
  await expect(tabs.getByRole("link", { name: "Log" })).toHaveAttribute("aria-current", "page");
  await expect(page.locator(".log-text", { hasText: "tested" })).toBeVisible();
});

test("a fetched credential appears where somebody looks, without a reload", async ({ page, hydrated }) => {
  test.skip(!hydrated, "without scripts a reload shows it");
  const { gateway, curl } = await furnish(page, hydrated);
  await page.goto(gateway);
  await settled(page, hydrated);
  await expect(page.getByText("Nobody holds a token now.")).toBeVisible();
  const marked = await page.evaluate(() => ((window as unknown as { same: boolean }).same = true));
  execFileSync("bash", ["-c", curl]);
  await expect(page.getByRole("row", { name: /Northwind DE/ })).toBeVisible({ timeout: 10_000 });
  expect(await page.evaluate(() => (window as unknown as { same: boolean }).same)).toBe(marked);
});

test("a mistaken app is removed once it serves nothing, by its name", async ({ page, hydrated, clean }) => {
  clean.expected.push(/status of 422/);
  // The step-up of the key still covers the removal.
  const { team } = await furnish(page, hydrated);
  const { app } = await known();
  await page.goto(`${team}/apps/new`);
  await settled(page, hydrated);
  await page.getByLabel("Name").fill("Mistaken");
  await page.getByLabel("Client id").fill("amzn1.application-oa2-client.00000000000000000000000000000bad");
  await page.getByLabel("Client secret").fill(app.client_secret);
  await page.getByRole("button", { name: "Add LWA app" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Mistaken" })).toBeVisible();
  await settled(page, hydrated);
  await page.getByText("Remove…").click();
  await page.getByLabel("Type the app's name").fill("mistaken");
  await page.getByRole("button", { name: "Remove for good" }).click();
  await expect(page.getByText("exactly as it is written").first()).toBeVisible();
  await page.getByLabel("Type the app's name").fill("Mistaken");
  await page.getByRole("button", { name: "Remove for good" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "LWA apps" })).toBeVisible();
  await expect(page.getByText("Mistaken")).toHaveCount(0);
});
