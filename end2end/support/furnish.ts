// A Team with everything in it, made through the pages as a person would.
import type { Page } from "@playwright/test";

import { done, expect, newAddress, settled, signIn, stepUp } from "./test";

export type Furnished = { email: string; team: string; app: string; connection: string; gateway: string; curl: string };

const idOf = (page: Page) => new URL(page.url()).pathname;

/** What the simulator knows: its production app and a seller who granted it. */
export async function known() {
  const all = await (await fetch(`${process.env.AMAZON_URL}/simulator/known`)).json();
  const app = all.apps.find((one: { environment: string }) => one.environment === "production");
  return { app, seller: all.sellers[0], sellers: all.sellers };
}

export async function createTeam(page: Page, name: string, hydrated: boolean) {
  await settled(page, hydrated);
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create Team" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  return idOf(page);
}

export async function addApp(page: Page, team: string, name: string, hydrated: boolean) {
  const { app } = await known();
  await page.goto(`${team}/apps/new`);
  await settled(page, hydrated);
  await page.getByLabel("Name").fill(name);
  await page.getByLabel("Client id").fill(app.client_id);
  await page.getByLabel("Client secret").fill(app.client_secret);
  await page.getByLabel("Application id").fill(app.application_id);
  await page.getByRole("button", { name: "Add LWA app" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  return idOf(page);
}

export async function connect(page: Page, team: string, name: string, hydrated: boolean) {
  const { seller } = await known();
  await page.goto(`${team}/connections/new`);
  await settled(page, hydrated);
  const form = page.getByRole("region", { name: "With a refresh token" });
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("Seller ID").fill(seller.seller_id);
  await form.getByLabel("Marketplace").fill(seller.marketplaces[0]);
  await form.getByLabel("Refresh token").fill(seller.refresh_token);
  await form.getByRole("button", { name: "Prove and connect" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  return idOf(page);
}

export async function createGateway(page: Page, team: string, name: string, connection: string, hydrated: boolean) {
  await page.goto(`${team}/gateways/new`);
  await settled(page, hydrated);
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create gateway" }).click();
  await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  await settled(page, hydrated);
  await page.getByLabel(connection).check();
  await page.getByRole("button", { name: "Save list" }).click();
  await done(page, hydrated);
  await expect(page.getByLabel(connection)).toBeChecked();
  return idOf(page);
}

/** All of it but a key, whose making asks for a proof. `used`: the codes that were mailed so far. */
export async function furnishWithoutKey(page: Page, hydrated: boolean) {
  const email = newAddress("ada");
  const used = [await signIn(page, email)];
  const team = await createTeam(page, "Northwind", hydrated);
  const app = await addApp(page, team, "Northwind production", hydrated);
  const connection = await connect(page, team, "Northwind DE", hydrated);
  const gateway = await createGateway(page, team, "orders-sync", "Northwind DE", hydrated);
  return { email, team, app, connection, gateway, used };
}

export async function furnish(page: Page, hydrated: boolean): Promise<Furnished> {
  const { used, ...made } = await furnishWithoutKey(page, hydrated);
  await stepUp(page, made.email, used);
  await expect(page.getByRole("heading", { level: 1, name: "orders-sync" })).toBeVisible();
  await settled(page, hydrated);
  await page.getByRole("button", { name: "Create key" }).click();
  const curl = (await page.locator("#first-curl").textContent()) ?? "";
  return { ...made, curl };
}
