// The README's promise: from nothing to a credential in a terminal, by the checklist alone.
import { execFileSync } from "node:child_process";

import { done, expect, newAddress, settled, signIn, stepUp, test } from "../support/test";

test("a newcomer gets from the sign-in page to a credential in a terminal", async ({ page, hydrated }) => {
  const known = await (await fetch(`${process.env.AMAZON_URL}/simulator/known`)).json();
  const app = known.apps.find((app: { environment: string }) => app.environment === "production");
  const seller = known.sellers.find((seller: { client_id: string }) => seller.client_id === app.client_id);

  const email = newAddress("ada");
  const used = [await signIn(page, email)];

  await settled(page, hydrated);
  await page.getByLabel("Name").fill("Northwind");
  await page.getByRole("button", { name: "Create Team" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Northwind" })).toBeVisible();

  await page.getByRole("link", { name: "Add LWA app" }).click();
  await settled(page, hydrated);
  await page.getByLabel("Name").fill("Northwind production");
  await page.getByLabel("Client id").fill(app.client_id);
  await page.getByLabel("Client secret").fill(app.client_secret);
  await page.getByRole("button", { name: "Add LWA app" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Northwind production" })).toBeVisible();

  await page.getByRole("navigation", { name: "Team" }).getByRole("link", { name: "Overview" }).click();
  await page.getByRole("link", { name: "Connect account" }).click();
  await settled(page, hydrated);
  const byToken = page.getByRole("region", { name: "With a refresh token" });
  await byToken.getByLabel("Name").fill("Northwind EU");
  await byToken.getByLabel("Seller ID").fill(seller.seller_id);
  await byToken.getByLabel("Marketplace").fill(seller.marketplaces[0]);
  await byToken.getByLabel("Refresh token").fill(seller.refresh_token);
  await byToken.getByRole("button", { name: "Prove and connect" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Northwind EU" })).toBeVisible();
  await expect(page.getByText("Healthy")).toBeVisible();

  await page.getByRole("navigation", { name: "Team" }).getByRole("link", { name: "Overview" }).click();
  await page.getByRole("link", { name: "Create gateway" }).click();
  await settled(page, hydrated);
  await page.getByLabel("Name").fill("orders-sync");
  await page.getByRole("button", { name: "Create gateway" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "orders-sync" })).toBeVisible();

  await settled(page, hydrated);
  await page.getByLabel("Northwind EU").check();
  await page.getByRole("button", { name: "Save list" }).click();
  await done(page, hydrated);
  await expect(page.getByLabel("Northwind EU")).toBeChecked();

  await stepUp(page, email, used);
  await expect(page.getByRole("heading", { level: 1, name: "orders-sync" })).toBeVisible();
  await settled(page, hydrated);
  await page.getByRole("button", { name: "Create key" }).click();
  const curl = await page.locator("#first-curl").textContent();
  const answer = JSON.parse(execFileSync("bash", ["-c", curl!], { encoding: "utf8" }));
  expect(answer.credential.value).toMatch(/^Atza\|/);
  expect(answer.connection.endpoint).toMatch(/^https:\/\/sellingpartnerapi-/);

  await page.getByRole("navigation", { name: "Team" }).getByRole("link", { name: "Overview" }).click();
  // Nothing waits, or Portal has noticed by now that a key was made.
  await expect(page.getByRole("heading", { name: "All set" }).or(page.getByText("1 waits for somebody"))).toBeVisible();
  await expect(page.getByRole("heading", { name: "First steps" })).toHaveCount(0);
  // Nothing that was typed or shown as a secret stands on any later page.
  await page.getByRole("link", { name: "Gateways" }).click();
  await page.getByRole("link", { name: "orders-sync" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "orders-sync" })).toBeVisible();
  expect(await page.content()).not.toContain("ptl_gw_");
});
