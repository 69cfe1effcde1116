// Two people look at one incident: what one of them does shows on the other's page by itself, and to nobody outside the Team.
import { execFileSync } from "node:child_process";
import type { Page } from "@playwright/test";

import { furnish } from "../support/furnish";
import { second } from "../support/people";
import { done, expect, newAddress, settled, signIn, test } from "../support/test";

type Marked = { stayed?: boolean };

/** Marks the page as it is loaded now: a reload takes the mark away. */
const mark = (page: Page) => page.evaluate(() => void ((window as unknown as Marked).stayed = true));
const stayed = (page: Page) => page.evaluate(() => (window as unknown as Marked).stayed);

test("two people at one incident are kept in step, and an outsider hears nothing", async ({ page, browser, hydrated, javaScriptEnabled }) => {
  test.skip(!hydrated, "without scripts a reload shows it");
  test.setTimeout(120_000);
  const made = await furnish(page, hydrated);
  const { bob, leave } = await second(page, browser, made.team, hydrated, javaScriptEnabled);
  const part = (on: Page, name: string) => on.getByRole("region", { name });
  const lock = (on: Page, gateway: string) =>
    part(on, "Containment").getByRole("listitem").filter({ hasText: `Lock the gateway: ${gateway}` }).getByRole("button", { name: "Lock the gateway" }).click();

  // About the account: the gateways that use it can be locked.
  await page.goto(made.connection);
  await page.getByRole("link", { name: "Report an incident" }).first().click();
  await expect(page.getByRole("heading", { level: 1, name: "Report an incident" })).toBeVisible();
  await settled(page, hydrated);
  await page.getByLabel("What seems to have happened?").selectOption("leaked_secret");
  await page.getByLabel("What did you notice?").fill("A token stood in a chat");
  await page.getByRole("button", { name: "Report" }).click();
  const title = { level: 1, name: "A token stood in a chat" };
  await expect(page.getByRole("heading", title)).toBeVisible();
  await settled(page, hydrated);
  await bob.goto(page.url());
  await expect(bob.getByRole("heading", title)).toBeVisible();
  await settled(bob, hydrated);
  await mark(bob);

  // What Ada writes comes to Bob.
  const words = "The chat is deleted";
  await expect(part(bob, "Timeline")).not.toContainText(words);
  await part(page, "Timeline").getByLabel("What happened, or was decided?").fill(words);
  await part(page, "Timeline").getByRole("button", { name: "Write" }).click();
  await done(page, hydrated);
  await expect(part(bob, "Timeline").getByRole("listitem").filter({ hasText: words })).toContainText(made.email);
  expect(await stayed(bob)).toBe(true);

  await settled(page, hydrated);
  await mark(page);

  // A credential leaves just before Bob locks its gateway: that it lives on comes to Ada.
  expect(execFileSync("bash", ["-c", made.curl.replace("curl", "curl -s")], { encoding: "utf8" })).toContain("access_token");
  await lock(bob, "orders-sync");
  await expect(part(page, "Containment")).toContainText("Who still holds a token");
  await expect(part(page, "Containment").getByRole("row").filter({ hasText: "Northwind DE" })).toContainText("orders-sync");
  expect(await stayed(page)).toBe(true);

  // The addresses that both listened at, asked by somebody who is signed in and not in the Team.
  const streams = await page.locator("[data-live]").evaluateAll((parts) => parts.map((one) => one.getAttribute("data-live")!));
  expect(streams.map((address) => address.split("/").pop()).sort()).toEqual(["holders", "timeline"]);
  const context = await browser.newContext({ baseURL: process.env.PORTAL_URL, extraHTTPHeaders: { "X-Forwarded-For": "203.0.113.78" } });
  const eve = await context.newPage();
  await signIn(eve, newAddress("eve"));
  for (const address of streams) expect(await eve.evaluate(async (url) => (await fetch(url)).status, address)).toBe(404);
  await context.close();
  await leave();
});
