// Other people: a second one of a Team, invited and signed in elsewhere; and the installation's operator.
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

/** The operator in a browser of their own, whose proofs are nobody else's. One mail a minute goes to an address. */
export async function operator(browser: Browser) {
  const since = Date.now() - Number(process.env.PORTAL_OPERATOR_CODE_AT);
  await new Promise((next) => setTimeout(next, Math.max(0, 61_000 - since)));
  const context = await browser.newContext({ baseURL: process.env.PORTAL_URL, extraHTTPHeaders: { "X-Forwarded-For": "198.51.98.7" } });
  const page = await context.newPage();
  const email = "operator@example.com";
  const before = [process.env.PORTAL_OPERATOR_CODE!];
  const used = [...before, await signIn(page, email, before)];
  return { page, email, used, leave: () => context.close() };
}
