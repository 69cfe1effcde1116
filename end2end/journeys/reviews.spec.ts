// A Review is looked through, something is noted, and somebody signs with a fresh proof.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { createTeam } from "../support/furnish";
import { done, expect, newAddress, settled, signIn, stepUp, test } from "../support/test";

/** A Team's first fourteen days, over: nobody waits for them here. */
function openReview(team: string) {
  const script = `
import sqlite3, sys, uuid
db = sqlite3.connect(sys.argv[1], timeout=10)
team = uuid.UUID(hex=sys.argv[2]).bytes
row = (uuid.uuid4().bytes, team, "2026-11-02 00:00:00+00:00", "2026-11-16 00:00:00+00:00", "2026-11-16 00:05:00+00:00", "")
db.execute("INSERT INTO review (id, team_id, from_at, until_at, opened_at, sample) VALUES (?, ?, ?, ?, ?, ?)", row)
db.commit()`;
  execFileSync("python3", ["-c", script, join(process.env.PORTAL_DATA!, "portal.db"), team.split("team_")[1]]);
}

test("a Review is looked through and signed", async ({ page, hydrated, clean }) => {
  clean.expected.push(/status of 422/);
  const email = newAddress("rita");
  const used = [await signIn(page, email)];
  const team = await createTeam(page, "Looked through", hydrated);
  await page.goto(`${team}/reviews`);
  await expect(page.getByRole("heading", { name: "No Review yet" })).toBeVisible();
  openReview(team);
  await page.goto(`${team}/log`);
  await page.getByRole("link", { name: /A Review has waited/ }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Review of 2 November to 16 November 2026" })).toBeVisible();
  await settled(page, hydrated);
  await page.getByRole("button", { name: "Add note" }).click();
  await expect(page.locator(".field-error", { hasText: "Write a few words here." })).toBeVisible();
  await page.getByRole("textbox", { name: "Note" }).fill("A quiet fortnight\nbut for one thing");
  await page.getByLabel("A finding").check();
  await page.getByRole("button", { name: "Add note" }).click();
  await done(page, hydrated);
  await expect(page.getByRole("region", { name: "Notes and findings" })).toContainText("A quiet fortnight but for one thing");
  await expect(page.getByText("Finding, to follow up")).toBeVisible();
  // A finding may be an incident.
  const review = page.url();
  await page.getByRole("link", { name: "Report an incident" }).click();
  await expect(page.getByLabel("What did you notice?")).toHaveValue("A quiet fortnight but for one thing");
  await page.goto(review);
  await settled(page, hydrated);
  await stepUp(page, email, used);
  await expect(page.getByRole("heading", { level: 1, name: /^Review of/ })).toBeVisible();
  await settled(page, hydrated);
  await page.getByLabel("Conclusion").fill("As it should be");
  await page.getByRole("button", { name: "Sign this Review" }).click();
  await done(page, hydrated);
  await expect(page.getByRole("region", { name: "Signature" })).toContainText("As it should be");
  await expect(page.getByRole("button", { name: "Add note" })).toHaveCount(0);
  await page.goto(`${team}/reviews`);
  await expect(page.getByRole("row").filter({ hasText: "2 November" })).toContainText("Signed");
});
