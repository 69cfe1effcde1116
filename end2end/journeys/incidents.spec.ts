// A key leaked: it is reported, judged, contained; the credential stops at once, and another person lets it go again.
import { execFileSync } from "node:child_process";

import { furnish } from "../support/furnish";
import { second } from "../support/people";
import { done, expect, settled, stepUp, test } from "../support/test";

const call = (curl: string) => execFileSync("bash", ["-c", curl.replace("curl", "curl -s")], { encoding: "utf8" });

test("a leaked key is reported, judged and contained, and another person lifts the lock", async ({ page, browser, hydrated, clean, javaScriptEnabled }) => {
  clean.expected.push(/status of 422/, /status of 403/);
  test.setTimeout(120_000);
  const made = await furnish(page, hydrated);
  expect(call(made.curl)).toContain("access_token");

  const { bob, email: other, used, leave } = await second(page, browser, made.team, hydrated, javaScriptEnabled);
  // From the gateway, in three fields.
  await page.goto(made.gateway);
  await page.getByRole("link", { name: "Report an incident" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "Report an incident" })).toBeVisible();
  await settled(page, hydrated);
  await page.getByLabel("What did you notice?").fill("");
  await page.getByRole("button", { name: "Report" }).click();
  await expect(page.locator(".field-error", { hasText: "Write a few words here." })).toBeVisible();
  await page.getByLabel("What seems to have happened?").selectOption("leaked_secret");
  await page.getByLabel("What did you notice?").fill("Gateway key in a public repository");
  await page.getByRole("button", { name: "Report" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Gateway key in a public repository" })).toBeVisible();
  const incident = page.url();
  await expect(page.getByText(/Tell Amazon: 2\d h left/)).toBeVisible();

  // Judged, by its matrix and in words.
  await settled(page, hydrated);
  const next = page.getByRole("region", { name: "Next" });
  await next.getByText("Severity: SEV 2…").click();
  await next.getByLabel("What could be reached?").selectOption("many");
  await next.getByLabel("It is known that somebody did").check();
  await next.getByRole("button", { name: "Judge" }).click();
  await done(page, hydrated);
  await expect(page.getByRole("heading", { level: 1 }).locator("..")).toContainText("SEV 1");
  await settled(page, hydrated);
  await next.getByLabel("Why is it an incident").fill("The key works, and the repository is public");
  await next.getByRole("button", { name: "Triage" }).click();
  await done(page, hydrated);
  await expect(page.getByRole("region", { name: "Who does what" })).toContainText(`Commander: ${made.email}`);

  // Contained: what it stops is said before, who holds a token after.
  const contain = page.getByRole("region", { name: "Containment" });
  const lock = contain.getByRole("listitem").filter({ hasText: "Lock the gateway: orders-sync" });
  await expect(lock).toContainText("1 gateway, 1 connection, 1 issue in the last hour");
  await settled(page, hydrated);
  await lock.getByRole("button", { name: "Lock the gateway" }).click();
  await done(page, hydrated);
  await expect(contain).toContainText("Who still holds a token");
  await expect(contain.getByRole("row").filter({ hasText: "Northwind DE" })).toContainText("orders-sync");
  const refused = call(made.curl);
  expect(refused).toContain('"locked"');
  expect(refused).not.toContain("repository");
  await expect(contain.getByRole("button", { name: "Lift the lock" })).toHaveCount(0);

  // Written down, and corrected.
  await settled(page, hydrated);
  const timeline = page.getByRole("region", { name: "Timeline" });
  await timeline.getByLabel("What happened, or was decided?").fill("The repository is private now");
  await timeline.getByRole("button", { name: "Write" }).click();
  await done(page, hydrated);
  const entry = timeline.getByRole("listitem").filter({ hasText: "The repository is private now" });
  await settled(page, hydrated);
  await timeline.getByText("Correct what was written…").click();
  await timeline.getByLabel("How it really was").fill("It is deleted");
  await timeline.getByRole("button", { name: "Correct" }).click();
  await done(page, hydrated);
  await expect(entry).toContainText("It is deleted");
  await expect(timeline).toContainText("locked");
  await page.screenshot({ path: `test-results/incident-${hydrated}.png`, fullPage: true });

  // Another person, who was there before.
  await bob.goto(incident);
  await stepUp(bob, other, used);
  await expect(bob.getByRole("heading", { level: 1, name: "Gateway key in a public repository" })).toBeVisible();
  await settled(bob, hydrated);
  await bob.getByRole("button", { name: "Lift the lock" }).click();
  await done(bob, hydrated);
  await expect(bob.getByRole("region", { name: "Containment" })).toContainText(`Lifted by ${other}`);
  expect(call(made.curl)).toContain("access_token");
  await leave();
});

test("a legal hold is placed on the log and lifted, and both are in it", async ({ page, hydrated, clean }) => {
  clean.expected.push(/status of 422/);
  const made = await furnish(page, hydrated);
  await page.goto(`${made.team}/log`);
  await page.getByRole("link", { name: "How long it is kept" }).click();
  await expect(page.getByRole("heading", { name: "Kept for 13 months" })).toBeVisible();
  await settled(page, hydrated);
  await page.getByRole("button", { name: "Place a hold" }).click();
  await expect(page.locator(".field-error", { hasText: "Say why the log must be kept" })).toBeVisible();
  await page.getByLabel("Reason").fill("Case 4711");
  await page.getByRole("button", { name: "Place a hold" }).click();
  await done(page, hydrated);
  await expect(page.getByText("On hold")).toBeVisible();
  await settled(page, hydrated);
  await page.getByRole("button", { name: "Lift" }).click();
  await done(page, hydrated);
  await expect(page.getByRole("row").filter({ hasText: "Case 4711" })).not.toContainText("Stands");
  await page.goto(`${made.team}/log`);
  await expect(page.getByText("lifted a legal hold on the log")).toBeVisible();
});
