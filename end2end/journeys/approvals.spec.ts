// What takes two people: one asks, another approves; a Team ends with it.
import { furnish } from "../support/furnish";
import { second } from "../support/people";
import { expect, settled, stepUp, test } from "../support/test";

test("two owners let the whole log out, and then delete the Team", async ({ page, browser, hydrated, clean, javaScriptEnabled }, info) => {
  test.setTimeout(120_000);
  clean.expected.push(/status of 422/);
  const made = await furnish(page, hydrated);
  const { bob, email, used, leave } = await second(page, browser, made.team, hydrated, javaScriptEnabled, "owner");
  await page.goto(`${made.team}/approvals`);
  await settled(page, hydrated);
  await expect(page.getByText("Nothing was asked lately")).toBeVisible();
  await page.getByRole("region", { name: "export the whole log" }).getByRole("button", { name: "Ask for approval" }).click();
  const asked = page.getByRole("row").filter({ hasText: "export the whole log" });
  await expect(asked).toContainText("Waits");
  // Whoever asked may take it back, not approve it.
  await expect(asked.getByRole("button", { name: "Approve" })).toHaveCount(0);

  await bob.goto(made.team);
  await settled(bob, hydrated);
  await bob.getByRole("link", { name: "Approvals" }).first().click();
  await settled(bob, hydrated);
  await stepUp(bob, email, used);
  await settled(bob, hydrated);
  await bob.getByRole("button", { name: "Approve" }).click();
  await expect(bob.getByRole("row").filter({ hasText: "export the whole log" })).toContainText("Approved");

  await page.reload();
  await settled(page, hydrated);
  await expect(asked).toContainText(`${email}`);
  const end = page.getByRole("region", { name: "delete the Team" });
  await end.locator("summary").click();
  await end.getByLabel("Name of the Team").fill("Southwind");
  await end.getByRole("button", { name: "Ask for approval" }).click();
  await expect(page.locator(".field-error", { hasText: "exactly as it stands" })).toBeVisible();
  await expect(end.getByLabel("Name of the Team")).toHaveValue("Southwind");
  await end.getByLabel("Name of the Team").fill("Northwind");
  await end.getByRole("button", { name: "Ask for approval" }).click();
  await expect(page.getByRole("row").filter({ hasText: "delete the Team" })).toContainText("Waits");
  await page.screenshot({ path: info.outputPath("approvals.png"), fullPage: true });

  await bob.reload();
  await settled(bob, hydrated);
  const row = bob.getByRole("row").filter({ hasText: "delete the Team" });
  await row.getByLabel("Name of the Team").fill("Northwind");
  await bob.screenshot({ path: info.outputPath("approve.png"), fullPage: true });
  await row.getByRole("button", { name: "Approve" }).click();
  await expect(bob.getByRole("heading", { level: 1, name: "Your Teams" })).toBeVisible();
  await expect(bob.getByText("Northwind")).toHaveCount(0);
  await leave();

  clean.expected.push(/status of 404/);
  const gone = await page.goto(made.team);
  expect(gone?.status()).toBe(404);
});
