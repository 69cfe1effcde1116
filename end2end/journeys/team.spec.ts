// People: invite, join, leave; themes; sessions.
import { createTeam } from "../support/furnish";
import { expect, newAddress, settled, signIn, stepUp, test } from "../support/test";

test("an invited colleague joins with the given role and sees what it allows", async ({ page, browser, hydrated }) => {
  const [ada, bob] = [newAddress("ada"), newAddress("bob")];
  const used = [await signIn(page, ada)];
  const team = await createTeam(page, "Northwind", hydrated);
  await page.goto(`${team}/members`);
  await settled(page, hydrated);
  await stepUp(page, ada, used);
  await expect(page.getByRole("heading", { level: 1, name: "Members" })).toBeVisible();
  await settled(page, hydrated);
  await page.getByLabel("E-mail address").fill(bob);
  await page.getByRole("region", { name: "Invite" }).getByLabel("Role").selectOption("auditor");
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
  await expect(page.getByText("This browser")).toBeVisible();
  await page.locator("summary[aria-label='Your account']").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  await page.goto("/account");
  await expect(page).toHaveURL(/\/sign-in\?next=%2Faccount/);
});
