// From sign-in to the log without a mouse, with the focus always in sight (WCAG 2.2, 2.1.1, 2.4.7 and 2.4.11).
import type { Page } from "@playwright/test";
import { execFileSync } from "node:child_process";

import { known } from "../support/furnish";
import { codeFor, done, expect, newAddress, settled, test } from "../support/test";

test("the keyboard alone leads from sign-in to a credential and its line in the log", async ({ page, hydrated }) => {
  test.setTimeout(120_000);
  const { app, seller } = await known();
  const email = newAddress("ada");
  await page.goto("/sign-in");
  await type(page, "E-mail address", email);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Enter the code" })).toBeVisible();
  const first = await codeFor(email);
  await type(page, "Code", first);

  await at(page, "Your Teams", hydrated);
  await type(page, "Name", "Northwind");
  await press(page, "Create Team");
  await at(page, "Northwind", hydrated);
  await press(page, "Add LWA app");
  await at(page, "Add LWA app", hydrated);
  await type(page, "Name", "Northwind production");
  await type(page, "Client id", app.client_id);
  await type(page, "Client secret", app.client_secret);
  await press(page, "Add LWA app");
  await at(page, "Northwind production", hydrated);
  await press(page, "Connections");
  await at(page, "Connections", hydrated);
  await press(page, "Connect account");
  await at(page, "Connect an account", hydrated);
  await type(page, "Name", "Northwind DE");
  await type(page, "Seller ID", seller.seller_id);
  await type(page, "Marketplace", seller.marketplaces[0]);
  await type(page, "Refresh token", seller.refresh_token);
  await press(page, "Prove and connect");
  await at(page, "Northwind DE", hydrated);
  await press(page, "Gateways");
  await at(page, "Gateways", hydrated);
  await press(page, "Create gateway");
  await at(page, "Create gateway", hydrated);
  await type(page, "Name", "orders-sync");
  await press(page, "Create gateway");
  await at(page, "orders-sync", hydrated);
  await reach(page, "Northwind DE");
  await page.keyboard.press("Space");
  await press(page, "Save list");
  await done(page, hydrated);
  await settled(page, hydrated);
  await press(page, "Confirm that it is me");
  await expect(page.getByRole("textbox", { name: "Code" })).toBeFocused();
  await page.keyboard.type(await codeFor(email, [first]));
  await expect(page.getByText("It is you: for 10 minutes.")).toBeFocused();
  await press(page, "Create key");
  const curl = await page.locator("#first-curl").textContent();
  expect(JSON.parse(execFileSync("bash", ["-c", curl!], { encoding: "utf8" })).credential.value).toMatch(/^Atza\|/);
  await press(page, "Log");
  await at(page, "Log", hydrated);
  await expect(page.getByText("received a runtime credential for").first()).toBeVisible();
});

async function at(page: Page, title: string, hydrated: boolean) {
  await expect(page.getByRole("heading", { level: 1, name: title })).toBeVisible();
  await settled(page, hydrated);
}

async function press(page: Page, name: string) {
  await reach(page, name);
  await page.keyboard.press("Enter");
}

async function type(page: Page, name: string, text: string) {
  await reach(page, name);
  await page.keyboard.type(text);
}

/** Goes on with Tab until the focus is on what is called so. Wherever it is on the way, it is in sight. */
async function reach(page: Page, name: string) {
  for (let steps = 0; steps < 120; steps += 1) {
    const here = await page.evaluate(() => {
      const one = document.activeElement as HTMLElement | null;
      if (!one || one === document.body || one.id === "main") return null;
      const said = one.getAttribute("aria-label") ?? (one as HTMLInputElement).labels?.[0]?.textContent ?? one.textContent ?? "";
      const style = getComputedStyle(one);
      const drawn = (parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none") || style.boxShadow !== "none";
      const box = one.getBoundingClientRect();
      const over = document.elementFromPoint(box.left + Math.min(box.width / 2, 40), box.top + box.height / 2);
      const free = one.contains(over) || over?.contains(one) || [...((one as HTMLInputElement).labels ?? [])].some((label) => label.contains(over));
      return { said: said.replace(/\s+/g, " ").trim(), drawn, free, at: one.outerHTML.slice(0, 120) };
    });
    if (here) {
      expect(here.drawn, `the focus is drawn at ${here.at}`).toBe(true);
      expect(here.free, `nothing covers the focus at ${here.at}`).toBe(true);
      const plain = here.said.replace(/ \*.*$| optional.*$/, "");
      if (plain === name || (here.at.includes("checkbox") && plain.startsWith(name))) return;
    }
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not lead to ${name}`);
}
