// A second person of a Team: invited, signed in elsewhere.
import type { Browser, Page } from "@playwright/test";

import { expect, newAddress, settled, signIn } from "./test";

/** Joins, as an admin unless said otherwise; answers with the page, the address, and the codes that were used so far. */
export async function second(page: Page, browser: Browser, team: string, hydrated: boolean, javaScriptEnabled: boolean | undefined, role = "admin") {
  const email = newAddress("bob");
  await page.goto(`${team}/members`);
  await settled(page, hydrated);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("region", { name: "Invite" }).getByLabel("Role").selectOption(role);
  await page.getByRole("button", { name: "Invite", exact: true }).click();
  await expect(page.getByRole("rowheader", { name: email })).toBeVisible();
  const address = `198.51.99.${1 + (Date.now() % 250)}`;
  const context = await browser.newContext({ javaScriptEnabled, baseURL: process.env.PORTAL_URL, extraHTTPHeaders: { "X-Forwarded-For": address }, acceptDownloads: true });
  const bob = await context.newPage();
  const used = [await signIn(bob, email)];
  await settled(bob, hydrated);
  await bob.getByRole("button", { name: "Join" }).click();
  await expect(bob.getByRole("heading", { level: 1, name: "Northwind" })).toBeVisible();
  return { bob, email, used, leave: () => context.close() };
}
