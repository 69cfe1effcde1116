// A backup of this very installation is rehearsed from the Readiness page, and how it went is kept as an incident.
import { furnish } from "../support/furnish";
import { expect, settled, test } from "../support/test";

test("the restore of a backup is rehearsed, and what it showed is kept", async ({ page, hydrated }) => {
  test.setTimeout(120_000);
  const made = await furnish(page, hydrated);
  await page.goto(made.connection.replace(/\/connections\/.*/, "/incidents/readiness"));
  await settled(page, hydrated);
  const drills = page.getByRole("region", { name: "Drills" });
  await drills.getByRole("button", { name: "Run: Restore a backup" }).click();
  const run = drills.getByRole("listitem").filter({ hasText: "Asked for by" });
  // It takes its time; the page says to come back.
  await expect(async () => {
    await page.goto(page.url().split("?")[0]);
    await settled(page, hydrated);
    await expect(run).toContainText("Went well", { timeout: 1_000 });
  }).toPass({ timeout: 60_000 });
  await run.getByText("Step by step").click();
  for (const step of ["nothing of it is read without the master key", "each table with as many rows", "(the head that was signed here last|no head was signed here yet)", "secrets of the Team that rehearses open in it"])
    await expect(run.locator("pre")).toContainText(new RegExp(`ok .*${step}`));
  await run.getByRole("link", { name: "What was kept" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Restore a backup");
  await expect(page.getByText("Drill", { exact: true }).first()).toBeVisible();
});
