// An owner sees what stands behind each promise, and takes it along for Amazon's questionnaire.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { createTeam } from "../support/furnish";
import { expect, newAddress, settled, signIn, stepUp, test } from "../support/test";

test("what stands behind the promises is seen and taken along", async ({ page, hydrated }) => {
  const petra = newAddress("petra");
  const used = [await signIn(page, petra)];
  const team = await createTeam(page, "Promised", hydrated);
  await page.goto(team);
  await page.getByRole("navigation", { name: "Team" }).getByRole("link", { name: "Promises" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Promises" })).toBeVisible();
  const contact = page.locator("#point_of_contact");
  await expect(contact).toContainText("To do");
  // A scan that was made is shown with its date and its result.
  const proofs = join(process.env.PORTAL_DATA!, "proofs");
  mkdirSync(proofs, { recursive: true });
  const at = new Date().toISOString();
  const checks = ["advisories", "bans", "licenses", "npm", "sources"];
  const every = <T>(value: T) => Object.fromEntries(checks.map((check) => [check, value]));
  const scan = { at, commit: "0123456789abcdef", checks: every("passed"), passed_at: every(at), components: { server: 597, frontend: 185 } };
  writeFileSync(join(proofs, "scan.json"), JSON.stringify(scan));
  await page.reload();
  const scanned = page.locator("#scanned");
  await expect(scanned).toContainText("Holds");
  await expect(scanned).toContainText("782 components");
  // Each of them says what keeps it, how it stands, and when that was looked at.
  const all = page.locator(".promise");
  expect(await all.count()).toBeGreaterThan(30);
  for (const text of await all.allInnerTexts()) expect(text).toMatch(/(Holds|To do|Does not hold)[\s\S]*(Checked|Never checked)/);
  await scanned.getByText("Tests", { exact: true }).click();
  await expect(scanned.getByText("a_scan_that_is_old_or_failed_is_trouble")).toBeVisible();
  // What leaves as a file asks for a fresh proof, for what and where.
  await settled(page, hydrated);
  await expect(page.getByRole("button", { name: "Download as text" })).toHaveCount(0);
  await expect(page.getByText("To export what stands behind the promises in the Team Promised, confirm")).toBeVisible();
  await stepUp(page, petra, used);
  await expect(page.getByRole("heading", { level: 1, name: "Promises" })).toBeVisible();
  await settled(page, hydrated);
  for (const [name, start] of [["Download as text", "# How Portal protects the Amazon information of Promised"], ["Download as CSV", "part,id,promise"]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
    const text = readFileSync((await download.path())!, "utf8");
    expect(text.startsWith(start)).toBe(true);
    expect(text).toContain("782 components");
  }
  await page.goto(`${team}/log`);
  await expect(page.getByText("exported what stands behind the promises").first()).toBeVisible();
});
