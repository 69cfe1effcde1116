// Passkeys, with the virtual authenticator of a real browser: added, shown at sign-in and for a dangerous act, required by a Team.
import type { Page } from "@playwright/test";

import { createTeam } from "../support/furnish";
import { codeFor, done, expect, newAddress, settled, signIn, stepUp, test } from "../support/test";

async function device(page: Page, transport: "internal" | "usb" = "internal") {
  const session = await page.context().newCDPSession(page);
  await session.send("WebAuthn.enable");
  const { authenticatorId } = await session.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport, hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return { session, authenticatorId };
}

test("a passkey is added, signs in, confirms, and is required by the Team", async ({ page, hydrated, clean }, info) => {
  test.setTimeout(240_000);
  clean.expected.push(/status of 4\d\d/);
  const ada = newAddress("ada");
  const used = [await signIn(page, ada)];
  const team = await createTeam(page, "Northwind", hydrated);
  const { session, authenticatorId } = await device(page);

  await page.goto("/account");
  await settled(page, hydrated);
  await expect(page.getByText("E-mail code only")).toBeVisible();
  await stepUp(page, ada, used);
  used.push(await codeFor(ada, used));
  await expect(page.getByRole("heading", { level: 1, name: "Your account" })).toBeVisible();
  await settled(page, hydrated);
  await page.getByLabel("Name of the new passkey").fill("Ada's laptop");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await done(page, hydrated);
  await expect(page.getByRole("list", { name: "Your passkeys" })).toContainText("Ada's laptop");
  await expect(page.getByText("Shown in this browser")).toBeVisible();
  await page.screenshot({ path: info.outputPath("account.png"), fullPage: true });

  // Signing in with it takes no address and no code.
  await page.locator("summary[aria-label='Your account']").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  await page.screenshot({ path: info.outputPath("sign-in.png"), fullPage: true });
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Your Teams" })).toBeVisible();

  // A dangerous act is confirmed where it is asked for.
  await page.goto(`${team}/settings`);
  await settled(page, hydrated);
  const rule = page.getByRole("region", { name: "Passkeys" });
  await expect(rule).toContainText("change who needs a passkey");
  await page.screenshot({ path: info.outputPath("gate.png"), fullPage: true });
  // What was typed into another form of the page is still there afterwards.
  const name = page.getByRole("region", { name: "Name" }).getByLabel("Name");
  await name.fill("Northwind and Sons");
  await rule.getByRole("button", { name: "Use your passkey" }).click();
  await expect(page.getByText("It is you: for 10 minutes.")).toBeFocused();
  await expect(rule.getByRole("button", { name: "Require passkeys" })).toBeVisible();
  await expect(name).toHaveValue("Northwind and Sons");
  await rule.getByRole("button", { name: "Require passkeys" }).click();
  await expect(rule).toContainText("Required of owners and admins");

  // With a code alone an owner is not let in any more; the device that was taken away says why.
  await page.locator("summary[aria-label='Your account']").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  await session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: false });
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "No passkey was shown" })).toBeVisible({ timeout: 15_000 });
  await session.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified: true });
  await page.getByLabel("E-mail address").fill(ada);
  await expect(async () => {
    await page.getByRole("button", { name: "Send code" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Enter the code" })).toBeVisible({ timeout: 2000 });
  }).toPass({ timeout: 70_000, intervals: [5000] });
  await page.getByLabel("Code").fill(await codeFor(ada, used));
  await expect(page.getByRole("heading", { level: 1, name: "Your Teams" })).toBeVisible();
  await page.goto(`${team}/members`);
  await expect(page.getByText("This Team asks for a passkey").first()).toBeVisible();
  await page.screenshot({ path: info.outputPath("required.png"), fullPage: true });
  await page.locator("summary[aria-label='Your account']").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Your Teams" })).toBeVisible();
  await page.goto(`${team}/members`);
  await expect(page.getByRole("heading", { level: 1, name: "Members" })).toBeVisible();

  // A second one, of another device; it is named anew, and one of the two is taken away.
  await page.goto("/account");
  await settled(page, hydrated);
  await page.getByRole("button", { name: "Use your passkey" }).click();
  await expect(page.getByRole("button", { name: "Remove" })).toBeVisible();
  await settled(page, hydrated);
  const other = await device(page, "usb");
  await session.send("WebAuthn.removeVirtualAuthenticator", { authenticatorId });
  await page.getByLabel("Name of the new passkey").fill("Key ring");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await done(page, hydrated);
  const list = page.getByRole("list", { name: "Your passkeys" });
  await expect(list.getByRole("listitem")).toHaveCount(2);
  await settled(page, hydrated);
  const ring = list.getByRole("listitem").filter({ hasText: "Key ring" });
  await ring.getByText("Rename", { exact: true }).click();
  await ring.getByLabel("New name").fill("Red key");
  await ring.getByRole("button", { name: "Save" }).click();
  await expect(list).toContainText("Red key");
  await settled(page, hydrated);
  await list.getByRole("listitem").filter({ hasText: "Ada's laptop" }).getByRole("button", { name: "Remove" }).click();
  await expect(list.getByRole("listitem")).toHaveCount(1);
  // What is left signs in, and what was taken away is with nobody.
  await page.locator("summary[aria-label='Your account']").click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Your Teams" })).toBeVisible();
  expect((await other.session.send("WebAuthn.getCredentials", { authenticatorId: other.authenticatorId })).credentials).toHaveLength(1);

  // Taking it away needs it, and that no Team requires it any more.
  await page.goto("/account");
  await settled(page, hydrated);
  await expect(page.getByRole("button", { name: "Remove" })).toHaveCount(0);
  await page.getByRole("button", { name: "Use your passkey" }).click();
  await expect(page.getByRole("button", { name: "Remove" })).toBeVisible();
  await settled(page, hydrated);
  await page.getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText("add another one before you remove the last")).toBeVisible();
  await page.goto(`${team}/settings`);
  await settled(page, hydrated);
  await rule.getByRole("button", { name: "Require them no longer" }).click();
  await expect(rule).toContainText("Not required");
  await page.goto("/account");
  await settled(page, hydrated);
  await page.getByRole("button", { name: "Remove" }).click();
  await done(page, hydrated);
  await expect(page.getByText("E-mail code only")).toBeVisible();
});
