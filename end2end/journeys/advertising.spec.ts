// A profile of the Advertising API: from the app to a call with the headers that Portal names.
import { execFileSync } from "node:child_process";

import { pictures } from "../support/accessible";
import { createGateway, createTeam } from "../support/furnish";
import { expect, newAddress, settled, signIn, stepUp, test } from "../support/test";

test("an agency connects a profile of the Advertising API and calls it", async ({ page, hydrated, clean }, info) => {
  test.setTimeout(180_000);
  clean.expected.push(/status of 422/);
  const known = await (await fetch(`${process.env.AMAZON_URL}/simulator/known`)).json();
  const app = known.apps.find((one: { api: string }) => one.api === "ads");
  const agency = known.advertisers[0];
  const looks = (name: string) => (hydrated ? pictures(page, (file) => info.outputPath(file), name) : Promise.resolve());

  const email = newAddress("ada");
  const used = [await signIn(page, email)];
  const team = await createTeam(page, "Northwind", hydrated);

  await page.goto(`${team}/apps/new`);
  await settled(page, hydrated);
  await page.getByLabel("Name").fill("Lighthouse Ads");
  await page.getByLabel("For", { exact: true }).selectOption("Advertising API");
  await page.getByLabel("Environment").selectOption("Sandbox");
  await page.getByLabel("Client id").fill(app.client_id);
  await page.getByLabel("Client secret").fill(app.client_secret);
  await page.getByRole("button", { name: "Add LWA app" }).click();
  await expect(page.locator(".field-error", { hasText: "The Advertising API has no sandbox: choose production." })).toBeVisible();
  await expect(page.getByLabel("For", { exact: true })).toHaveValue("ads");
  await settled(page, hydrated);
  await page.getByLabel("Environment").selectOption("Production");
  await page.getByLabel("Client secret").fill(app.client_secret);
  await page.getByRole("button", { name: "Add LWA app" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Lighthouse Ads" })).toBeVisible();

  await page.goto(`${team}/connections/new`);
  await settled(page, hydrated);
  await looks("connect");
  const form = page.getByRole("region", { name: "An advertising profile" });
  await form.getByLabel("Region").selectOption("Far East");
  await form.getByLabel("Refresh token").fill(agency.refresh_token);
  await form.getByRole("button", { name: "Find its profiles" }).click();
  await expect(page.locator(".field-error", { hasText: "it reaches no profile in Far East" })).toBeVisible();
  await settled(page, hydrated);
  await form.getByLabel("Region").selectOption("eu");
  await form.getByLabel("Refresh token").fill(agency.refresh_token);
  await form.getByRole("button", { name: "Find its profiles" }).click();

  await expect(page.getByRole("heading", { level: 1, name: "Choose a profile" })).toBeVisible();
  const choice = page.url();
  await settled(page, hydrated);
  await looks("profiles");
  const profile = agency.profiles[0];
  await page.getByRole("combobox", { name: "Profile" }).selectOption(String(profile.id));
  await page.getByRole("textbox", { name: "Name" }).fill("Nordlicht DE ads");
  await page.getByRole("button", { name: "Prove and connect" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Nordlicht DE ads" })).toBeVisible();
  await expect(page.getByText("Healthy")).toBeVisible();
  const id = new URL(page.url()).pathname;

  // The choice stays open for the others.
  await page.goto(choice);
  await settled(page, hydrated);
  await expect(page.getByRole("region", { name: "Connected already" }).getByRole("link")).toHaveCount(1);
  await page.getByRole("textbox", { name: "Name" }).fill("Nordlicht DE ads");
  await page.getByRole("button", { name: "Prove and connect" }).click();
  await expect(page.locator(".field-error", { hasText: "Another connection has this name." })).toBeVisible();
  await settled(page, hydrated);
  await looks("profiles-left");
  await page.goto(id);
  await settled(page, hydrated);
  await looks("connection");
  await page.goto(`${team}/connections`);
  await settled(page, hydrated);
  await looks("connections");

  await createGateway(page, team, "bids", "Nordlicht DE ads", hydrated);
  await stepUp(page, email, used);
  await settled(page, hydrated);
  await page.getByRole("button", { name: "Create key" }).click();
  const curl = await page.locator("#first-curl").textContent();
  const { credential, connection } = JSON.parse(execFileSync("bash", ["-c", curl!], { encoding: "utf8" }));
  expect(connection.endpoint).toBe("https://advertising-api-eu.amazon.com");
  const headers = { [credential.header]: credential.value, ...connection.headers };
  expect(Object.keys(headers)).toEqual(["Authorization", "Amazon-Advertising-API-ClientId", "Amazon-Advertising-API-Scope"]);
  const answer = await fetch(`${process.env.AMAZON_URL}/v2/profiles`, { headers });
  expect((await answer.json()).map((one: { profileId: number }) => one.profileId)).toContain(Number(headers["Amazon-Advertising-API-Scope"]));
});
