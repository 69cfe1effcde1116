// Every form that fails says what is wrong with which field, and loses nothing but secrets.
import { connect, createTeam, furnish, known } from "../support/furnish";
import { expect, newAddress, settled, signIn, test } from "../support/test";

test("an application id in place of the client id is called by its name", async ({ page, hydrated, clean }) => {
  clean.expected.push(/status of 422/);
  const { app } = await known();
  await signIn(page, newAddress("ada"));
  const team = await createTeam(page, "Northwind", hydrated);
  await page.goto(`${team}/apps/new`);
  await settled(page, hydrated);
  await page.getByLabel("Name").fill("Our app");
  await page.getByLabel("Client id").fill(app.application_id);
  await page.getByLabel("Client secret").fill(app.client_secret);
  await page.getByRole("button", { name: "Add LWA app" }).click();
  await expect(page.getByText(/application id/i).locator("visible=true").filter({ hasText: "client id" }).first()).toBeVisible();
  await expect(page.getByLabel("Name")).toHaveValue("Our app");
  await expect(page.getByLabel("Client id")).toHaveValue(app.application_id);
  // Without scripts the page comes anew: the secret does not come back with it.
  await expect(page.getByLabel("Client secret")).toHaveValue(hydrated ? app.client_secret : "");
  const wrong = page.getByLabel("Client id");
  await expect(wrong).toBeFocused();
  await expect(wrong).toHaveAttribute("aria-invalid", "true");
  await expect(wrong).toHaveAccessibleDescription(/application id/i);
});

test("a grant that Amazon refuses is not stored and says what to do", async ({ page, hydrated, clean }) => {
  clean.expected.push(/status of 422/);
  const { app, seller } = await known();
  await signIn(page, newAddress("ada"));
  const team = await createTeam(page, "Northwind", hydrated);
  await page.goto(`${team}/apps/new`);
  await settled(page, hydrated);
  await page.getByLabel("Name").fill("Our app");
  await page.getByLabel("Client id").fill(app.client_id);
  await page.getByLabel("Client secret").fill(app.client_secret);
  await page.getByRole("button", { name: "Add LWA app" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Our app" })).toBeVisible();

  await page.goto(`${team}/connections/new`);
  await settled(page, hydrated);
  const form = page.getByRole("region", { name: "With a refresh token" });
  await form.getByLabel("Name").fill("Shop");
  await form.getByLabel("Seller ID").fill(seller.seller_id);
  await form.getByLabel("Marketplace").fill(seller.marketplaces[0]);
  if (hydrated) await expect(form.locator("output")).toContainText("A1PA6795UKMFR9");
  await form.getByLabel("Refresh token").fill("Atzr|IwEBIrevokedRevokedRevokedRevoked");
  await form.getByRole("button", { name: "Prove and connect" }).click();
  await expect(page.getByText("invalid_grant").first()).toBeVisible();
  await expect(form.getByLabel("Seller ID")).toHaveValue(seller.seller_id);
  await page.goto(`${team}/connections`);
  await expect(page.getByText("No account connected yet")).toBeVisible();
  await connect(page, team, "Shop", hydrated);
});

test("each refusal leads to the first wrong field, the second too", async ({ page, hydrated, clean }) => {
  clean.expected.push(/status of 422/);
  await signIn(page, newAddress("ada"));
  const team = await createTeam(page, "Northwind", hydrated);
  await page.goto(`${team}/apps/new`);
  await settled(page, hydrated);
  await page.getByRole("button", { name: "Add LWA app" }).click();
  await expect(page.getByLabel("Name")).toBeFocused();
  await page.getByLabel("Name").fill("Northwind production");
  await page.getByLabel("Client id").fill("amzn1.sp.solution.3f0c1d52-7a64-4a0e-9d0b-51a0c0ffee01");
  await page.getByRole("button", { name: "Add LWA app" }).click();
  await expect(page.getByLabel("Client id")).toBeFocused();
});

test("loading the page of a new key anew makes no second key", async ({ page, hydrated, clean }) => {
  clean.expected.push(/status of 409/);
  const { gateway } = await furnish(page, hydrated);
  await expect(page.getByRole("heading", { name: "Your new gateway key" })).toBeVisible();
  await page.reload();
  await expect(page.getByText("A key was made since this page was loaded")).toBeVisible();
  await page.goto(gateway);
  await expect(page.getByText("Live", { exact: true })).toHaveCount(1);
});
