// People: invite, join, leave; themes; sessions.
import { createTeam } from "../support/furnish";
import { done, expect, newAddress, settled, signIn, stepUp, test } from "../support/test";

test("an invited colleague joins with the given role and sees what it allows", async ({ page, browser, hydrated, clean }, info) => {
  clean.expected.push(/status of 422/);
  const [ada, bob] = [newAddress("ada"), newAddress("bob")];
  const used = [await signIn(page, ada)];
  const team = await createTeam(page, "Northwind", hydrated);
  await page.goto(`${team}/members`);
  await settled(page, hydrated);
  await stepUp(page, ada, used);
  await expect(page.getByRole("heading", { level: 1, name: "Members" })).toBeVisible();
  await settled(page, hydrated);
  await page.getByLabel("E-mail address").fill(bob);
  const form = page.getByRole("region", { name: "Invite" });
  await form.getByLabel("Role").selectOption("auditor");
  // A contractor has a company and a last day; what was typed stays until both are there.
  await form.getByLabel("Works as").selectOption("contractor");
  await form.getByLabel("Company").fill("Keel & Sons");
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  await expect(page.locator(".field-error", { hasText: "Enter a day" })).toBeVisible();
  await expect(form.getByLabel("Company")).toHaveValue("Keel & Sons");
  const last = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
  await form.getByLabel("Last day of access").fill(last);
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  await expect(page.getByRole("rowheader", { name: bob })).toBeVisible();

  const other = await (await browser.newContext({ extraHTTPHeaders: { "X-Forwarded-For": "203.0.113.77" } })).newPage();
  await signIn(other, bob);
  await expect(other.getByText(`${ada} invites you to Northwind`)).toBeVisible();
  await settled(other, hydrated);
  await other.getByRole("button", { name: "Join" }).click();
  await expect(other.getByRole("heading", { level: 1, name: "Northwind" })).toBeVisible();
  await expect(other.getByRole("link", { name: "Log" })).toBeVisible();
  await expect(other.getByRole("link", { name: "Settings" })).toHaveCount(0);
  await other.context().close();

  await page.reload();
  await settled(page, hydrated);
  const row = page.getByRole("row").filter({ hasText: bob });
  await expect(row).toContainText("Contractor of Keel & Sons");
  const until = new Date(Date.parse(last) + 86_400_000).toISOString().slice(0, 10);
  await expect(row.locator(`time[datetime^="${until}"]`)).toBeVisible();
  // Below each row: Ada's own, then Bob's.
  const change = page.locator(".row-more").nth(1);
  await change.getByText("Change", { exact: true }).click();
  await page.screenshot({ path: info.outputPath("members.png"), fullPage: true });
  await change.getByLabel("Works as").selectOption("employee");
  await change.getByRole("button", { name: "Save for whom they work" }).click();
  await expect(row).toContainText("Employee");
  await settled(page, hydrated);
  await change.getByText("Change", { exact: true }).click();
  await change.getByLabel("Role").selectOption("operator");
  await change.getByRole("button", { name: "Save", exact: true }).click();
  await expect(row).toContainText("Operator");
});

test("the chosen theme is in the page that the server renders", async ({ page, hydrated }) => {
  await signIn(page, newAddress("ada"));
  await settled(page, hydrated);
  await page.locator("summary[aria-label='Your account']").click();
  await page.getByRole("button", { name: "Dark" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  const html = await (await page.request.get("/account")).text();
  expect(html).toContain('data-theme="dark"');
});

test("a person finds this browser among the sessions, and signing out ends it", async ({ page, hydrated }) => {
  const ada = newAddress("ada");
  await signIn(page, ada);
  await page.goto("/account");
  await settled(page, hydrated);
  await page.getByRole("button", { name: "End all other sessions" }).click();
  await done(page, hydrated);
  await expect(page.getByText("This browser", { exact: true })).toBeVisible();
  await page.locator("summary[aria-label='Your account']").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  await page.goto("/account");
  await expect(page).toHaveURL(/\/sign-in\?next=%2Faccount/);
});
