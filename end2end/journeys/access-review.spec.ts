// The quarterly look at who and which key may reach what, by two owners, of a Team that is a quarter old.
import { execFileSync } from "node:child_process";

import { age } from "../support/age";
import { furnish } from "../support/furnish";
import { second } from "../support/people";
import { codeFor, expect, settled, test } from "../support/test";

test("two owners confirm each other, remove a key, and sign", async ({ page, browser, hydrated, javaScriptEnabled }, info) => {
  test.setTimeout(240_000);
  const made = await furnish(page, hydrated);
  const { bob, email, used, leave } = await second(page, browser, made.team, hydrated, javaScriptEnabled, "owner");
  // As if the Team had been made a quarter ago.
  expect(age(made.team, "UPDATE team SET created_at = '2026-01-01T00:00:00+00:00' WHERE lower(hex(id)) = ?")).toBe(1);
  await page.goto(`${made.team}/members`);
  await settled(page, hydrated);
  await page.getByRole("link", { name: "Access reviews" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Access reviews" })).toBeVisible();
  const opened = page.getByRole("rowheader").getByRole("link");
  // It opens within a minute.
  await expect(async () => {
    await page.reload();
    await expect(opened).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 90_000, intervals: [3000] });
  await opened.click();
  await expect(page.getByRole("heading", { level: 1, name: /^Access review of/ })).toBeVisible();
  const review = new URL(page.url()).pathname;
  await settled(page, hydrated);
  const row = (name: string | RegExp, region: string) => page.getByRole("region", { name: region }).getByRole("row").filter({ hasText: name });
  // One's own access somebody else confirms.
  await expect(row(made.email, "Members")).toContainText("Your own access another owner or admin confirms");
  await expect(row(made.email, "Members").getByRole("button", { name: "Confirm" })).toHaveCount(0);
  await row(email, "Members").getByRole("button", { name: "Confirm" }).click();
  await expect(row(email, "Members")).toContainText("Confirmed");
  await settled(page, hydrated);
  await row("orders-sync", "Gateways").getByRole("button", { name: "Confirm" }).click();
  await expect(row("orders-sync", "Gateways")).toContainText("Confirmed");
  await settled(page, hydrated);
  const key = row("orders-sync", "Gateway keys");
  await key.getByText("Remove…").click();
  await key.getByLabel("Why?").fill("Nobody needs it");
  await key.getByRole("button", { name: "Remove" }).click();
  await expect(key).toContainText("Removed");
  await expect(page.getByText("1 is not decided yet")).toBeVisible();
  await page.screenshot({ path: info.outputPath("access-review.png"), fullPage: true });
  expect(() => execFileSync("bash", ["-c", `${made.curl.replace("curl", "curl -sf")}`], { stdio: "pipe" })).toThrow();

  await bob.goto(review);
  await settled(bob, hydrated);
  await bob.getByRole("row").filter({ hasText: made.email }).getByRole("button", { name: "Confirm" }).click();
  const signature = bob.getByRole("region", { name: "Signature" });
  await expect(signature).toContainText("sign the access review of");
  await settled(bob, hydrated);
  await signature.getByRole("button", { name: "Confirm that it is me" }).click();
  await expect(bob.getByText(/To sign the access review of .* in the Team Northwind, confirm that it is you/)).toBeVisible();
  await bob.getByLabel("Code").fill(await codeFor(email, used));
  if (!hydrated) await bob.getByRole("button", { name: "Confirm" }).click();
  await expect(bob.getByRole("heading", { level: 1, name: /^Access review of/ })).toBeVisible();
  await settled(bob, hydrated);
  await signature.getByLabel("Conclusion").fill("One key that nobody needed");
  await signature.getByRole("button", { name: "Sign" }).click();
  await expect(signature).toContainText("One key that nobody needed");
  const file = bob.getByRole("region", { name: "Export" });
  const [download] = await Promise.all([bob.waitForEvent("download"), file.getByRole("button", { name: "Export as CSV" }).click()]);
  expect(download.suggestedFilename()).toBe("access-review.csv");
  await leave();
});
