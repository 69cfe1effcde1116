// Two dangerous acts without a fresh proof: one is asked for before its form is there, the other when the form is sent, and loses nothing.
import type { Page } from "@playwright/test";

import { age } from "../support/age";
import { addApp, connect, createGateway, createTeam, furnishWithoutKey, known } from "../support/furnish";
import { codeFor, done, expect, newAddress, settled, signIn, stepUp, test } from "../support/test";

test("a new refresh token is taken after a fresh proof, which says for what", async ({ page, hydrated, clean }, info) => {
  clean.expected.push(/status of 422/);
  const { seller } = await known();
  const ada = newAddress("ada");
  const used = [await signIn(page, ada)];
  const team = await createTeam(page, "Northwind", hydrated);
  await addApp(page, team, "Northwind production", hydrated);
  const connection = await connect(page, team, "Northwind DE", hydrated);
  await settled(page, hydrated);
  const acts = page.getByRole("region", { name: "Change it" });
  await acts.getByText("Authorize again", { exact: true }).click();
  const gate = acts.getByRole("group", { name: "Confirm: replace the refresh token of Northwind DE in the Team Northwind" });
  await expect(gate).toBeVisible();
  await expect(acts.getByRole("textbox", { name: "refresh token" })).toHaveCount(0);
  await page.screenshot({ path: info.outputPath("gate.png"), fullPage: true });
  await stepUp(page, ada, used);
  await expect(page.getByRole("heading", { level: 1, name: "Northwind DE" })).toBeVisible();
  expect(new URL(page.url()).pathname).toBe(connection);
  await settled(page, hydrated);
  if (!hydrated) await acts.getByText("Authorize again", { exact: true }).click();
  // One that Amazon refuses takes no place; the form is still there.
  await acts.getByRole("textbox", { name: "refresh token" }).fill("Atzr|IwEBIrevokedRevokedRevokedRevoked");
  await acts.getByRole("button", { name: "Prove and replace" }).click();
  await expect(page.getByText("invalid_grant").first()).toBeVisible();
  await settled(page, hydrated);
  await acts.getByRole("textbox", { name: "refresh token" }).fill(seller.refresh_token);
  await acts.getByRole("button", { name: "Prove and replace" }).click();
  await done(page, hydrated);
  await page.goto(`${connection}/log`);
  await expect(page.getByText("replaced the refresh token").first()).toBeVisible();
});

test("a gateway is given more after a proof in another tab, and its form keeps what was typed", async ({ page, hydrated, clean }, info) => {
  clean.expected.push(/status of 403/);
  const ada = newAddress("ada");
  const used = [await signIn(page, ada)];
  const team = await createTeam(page, "Northwind", hydrated);
  await addApp(page, team, "Northwind production", hydrated);
  await connect(page, team, "Northwind DE", hydrated);
  const gateway = await createGateway(page, team, "orders-sync", "Northwind DE", hydrated);
  // Anew, so that no "Done" of another form is on it.
  await page.goto(gateway);
  await settled(page, hydrated);
  const form = page.getByRole("region", { name: "Settings" });
  const scope = form.getByLabel("credential:force");
  await expect(form.getByText("ask for a fresh proof")).toBeVisible();
  // Less is less: it asks for nothing.
  await form.getByLabel("feedback:write").uncheck();
  await form.getByLabel("Networks").fill("198.51.0.0/16");
  await form.getByRole("button", { name: "Save" }).click();
  await done(page, hydrated);
  await page.goto(gateway);
  await settled(page, hydrated);
  await expect(form.getByLabel("feedback:write")).not.toBeChecked();

  await form.getByLabel("Name").fill("orders-and-more");
  await scope.check();
  await form.getByLabel("Networks").fill("198.0.0.0/8\n203.0.113.0/24");
  await form.getByRole("button", { name: "Save" }).click();
  const notice = page.getByRole("alert").filter({ hasText: "To widen what orders-sync may do in the Team Northwind, confirm that it is you" });
  await expect(notice).toBeVisible();
  await page.screenshot({ path: info.outputPath("notice.png"), fullPage: true });
  const [tab] = await Promise.all([page.context().waitForEvent("page"), notice.getByRole("link", { name: "Confirm in a new tab" }).click()]);
  await expect(tab.getByText("To widen what orders-sync may do in the Team Northwind, confirm that it is you")).toBeVisible();
  await tab.screenshot({ path: info.outputPath("confirm.png"), fullPage: true });
  await tab.getByRole("button", { name: "Send code" }).click();
  await tab.getByLabel("Code").fill(await codeFor(ada, used));
  await tab.getByLabel("Code").press("Enter", { timeout: 1000 }).catch(() => undefined);
  await expect(tab.getByText("Close this tab, and send the form again")).toBeVisible();
  await tab.close();

  // With scripts the page has heard of the proof.
  await expect(notice).toHaveCount(hydrated ? 0 : 1);
  await expect(form.getByLabel("Name")).toHaveValue("orders-and-more");
  await expect(scope).toBeChecked();
  await expect(form.getByLabel("Networks")).toHaveValue("198.0.0.0/8\n203.0.113.0/24");
  await form.getByRole("button", { name: "Save" }).click();
  await done(page, hydrated);
  await page.goto(gateway);
  await expect(page.getByRole("heading", { level: 1, name: "orders-and-more" })).toBeVisible();
  await expect(scope).toBeChecked();
  await expect(form.getByLabel("Networks")).toHaveValue("198.0.0.0/8\n203.0.113.0/24");
});

/** On the page of a gateway without a key, where two gates wait. */
async function atItsGate(page: Page, hydrated: boolean) {
  const made = await furnishWithoutKey(page, hydrated);
  await page.goto(made.gateway);
  await settled(page, hydrated);
  return made;
}

test("a proof that is given on the page keeps what was typed into its other forms", async ({ page, hydrated, clean }, info) => {
  test.skip(!hydrated, "without scripts the proof is given on a page of its own");
  clean.expected.push(/status of 422/);
  const { gateway, email, used } = await atItsGate(page, hydrated);
  const settings = page.getByRole("region", { name: "Settings" });
  await settings.getByLabel("Name").fill("orders-and-more");
  await settings.getByLabel("Networks").fill("198.0.0.0/8");
  await settings.getByLabel("credential:force").check();
  const keys = page.getByRole("region", { name: "Keys" });
  const create = page.getByRole("button", { name: "Create key" });
  await expect(create).toHaveCount(0);
  const gate = page.getByRole("group", { name: "Confirm: create a gateway key of orders-sync in the Team Northwind" });
  await gate.getByRole("button", { name: "Confirm that it is me" }).click();
  const code = gate.getByRole("textbox", { name: "Code" });
  await expect(code).toBeFocused();
  await expect(gate).toContainText(`We sent 8 digits to ${email}`);
  await expect(gate.getByRole("button", { name: "Confirm that it is me" })).toHaveCount(0);
  await page.screenshot({ path: info.outputPath("code.png"), fullPage: true });
  const right = await codeFor(email, used);
  // A wrong one is said where it was typed, and the right one is taken after it.
  await code.fill(right === "12345678" ? "12345679" : "12345678");
  await expect(gate.getByRole("link", { name: "4 tries are left" })).toBeVisible();
  await code.fill(right);
  await expect(page.getByText("It is you: for 10 minutes.")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(create).toBeVisible();
  await expect(page.locator("[data-gated], [data-until]")).toHaveCount(0);
  await page.screenshot({ path: info.outputPath("opened.png"), fullPage: true });
  await expect(settings.getByLabel("Name")).toHaveValue("orders-and-more");
  await expect(settings.getByLabel("Networks")).toHaveValue("198.0.0.0/8");
  await expect(settings.getByLabel("credential:force")).toBeChecked();
  await settings.getByRole("button", { name: "Save" }).click();
  await done(page, hydrated);
  await expect(page.getByRole("heading", { level: 1, name: "orders-and-more" })).toBeVisible();
});

test("a code is asked for anew, at another gate and again, and what was said of the last one is gone", async ({ page, hydrated, clean }, info) => {
  test.skip(!hydrated, "without scripts the proof is given on a page of its own");
  test.setTimeout(240_000);
  clean.expected.push(/status of 422/);
  const { gateway, email, used } = await atItsGate(page, hydrated);
  const [keys, webhook] = ["create a gateway key of orders-sync", "change the webhook of orders-sync"].map((act) =>
    page.getByRole("group", { name: `Confirm: ${act} in the Team Northwind` }),
  );
  await keys.getByRole("button", { name: "Confirm that it is me" }).click();
  await expect(keys.getByRole("textbox", { name: "Code" })).toBeFocused();
  const first = await codeFor(email, used);
  await keys.getByRole("textbox", { name: "Code" }).fill(first === "12345678" ? "12345679" : "12345678");
  await expect(keys.getByRole("link", { name: "4 tries are left" })).toBeVisible();
  // The same digits once more are no other try, also later than a hasty Enter would come.
  await page.waitForTimeout(2100);
  await keys.getByRole("textbox", { name: "Code" }).press("Space");
  await page.waitForTimeout(500);
  await expect(keys.getByRole("link", { name: "4 tries are left" })).toBeVisible();

  await webhook.getByRole("button", { name: "Confirm that it is me" }).click();
  const code = webhook.getByRole("textbox", { name: "Code" });
  await expect(code).toBeFocused();
  await expect(code).toHaveValue("");
  await expect(code).not.toHaveAttribute("aria-invalid", "true");
  await expect(webhook.getByRole("alert")).toHaveCount(0);
  await expect(page.getByText("A code is on its way").first()).toBeVisible();
  await expect(keys.getByRole("button", { name: "Confirm that it is me" })).toBeVisible();
  await page.screenshot({ path: info.outputPath("moved.png"), fullPage: true });
  // Another one, when its time has come: the gate's own act is what its mail names.
  const again = webhook.getByRole("button", { name: "Send another code" });
  await expect(again).toBeDisabled();
  await expect(again).toBeEnabled({ timeout: 70_000 });
  await again.click();
  await expect(again).toBeDisabled();
  await expect(code).toBeFocused();
  // Mails to one address leave a minute apart; the newest code is the one that counts.
  const tried = [...used, first];
  await expect(async () => {
    const next = await codeFor(email, tried);
    tried.push(next);
    await code.fill(next);
    await expect(page.getByText("It is you: for 10 minutes.")).toBeFocused({ timeout: 3000 });
  }).toPass({ timeout: 150_000 });
  await expect(page.getByRole("button", { name: "Create key" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Save webhook" })).toBeVisible();
});

test("a gate that is pressed before the page is awake keeps it", async ({ page, hydrated }) => {
  test.skip(!hydrated, "without scripts there is nothing to wait for");
  const { gateway, email, used } = await furnishWithoutKey(page, hydrated);
  let wake = () => undefined as void;
  const asleep = new Promise<void>((done) => (wake = done));
  await page.route("**/*_bg.wasm", async (route) => {
    await asleep;
    await route.continue();
  });
  await page.goto(gateway);
  const name = page.getByRole("region", { name: "Settings" }).getByLabel("Name");
  await name.fill("orders-and-more");
  await page.getByRole("button", { name: "Confirm that it is me" }).first().click();
  await page.waitForTimeout(500);
  expect(new URL(page.url()).pathname).toBe(gateway);
  await expect(page.getByText(`We sent 8 digits to ${email}`)).toBeVisible();
  wake();
  await settled(page, hydrated);
  await page.getByRole("textbox", { name: "Code" }).fill(await codeFor(email, used));
  await expect(page.getByText("It is you: for 10 minutes.")).toBeFocused();
  await expect(page.getByRole("button", { name: "Create key" })).toBeVisible();
  await expect(name).toHaveValue("orders-and-more");
});

test("a proof in another tab opens what waits in this one", async ({ page, hydrated }) => {
  test.skip(!hydrated, "without scripts a page is loaded anew");
  const { gateway, email, used } = await atItsGate(page, hydrated);
  const settings = page.getByRole("region", { name: "Settings" });
  await settings.getByLabel("Name").fill("orders-and-more");
  await expect(page.getByRole("button", { name: "Create key" })).toHaveCount(0);
  const other = await page.context().newPage();
  await other.goto(gateway);
  await settled(other, hydrated);
  await stepUp(other, email, used);
  await other.close();
  await expect(page.getByRole("button", { name: "Create key" })).toBeVisible();
  await expect(settings.getByLabel("Name")).toHaveValue("orders-and-more");
});

test("a file that is asked for when the proof has ended asks for one in a tab of its own", async ({ page, hydrated }) => {
  test.skip(!hydrated, "without scripts it asks on a page of its own, and leads back");
  const ada = newAddress("ada");
  const used = [await signIn(page, ada)];
  const team = await createTeam(page, "Northwind", hydrated);
  await page.goto(`${team}/log`);
  await settled(page, hydrated);
  await stepUp(page, ada, used);
  const file = page.getByRole("button", { name: "Export", exact: true });
  await expect(file).toBeVisible();
  const text = page.getByRole("search", { name: "Filter the log" }).locator("#f-text");
  await text.fill("who was it");
  age(team, "UPDATE session SET stepped_up_at = '2026-01-01T00:00:00+00:00' WHERE user_id IN (SELECT user_id FROM member WHERE lower(hex(team_id)) = ?)");
  await page.evaluate(() => {
    const now = Date.now;
    Date.now = () => now() + 660_000;
  });
  const [tab] = await Promise.all([page.context().waitForEvent("page"), file.click()]);
  await expect(tab.getByText("To export the log of the Team Northwind, confirm that it is you")).toBeVisible();
  await expect(tab.getByRole("button", { name: "Export", exact: true })).toHaveCount(0);
  await expect(text).toHaveValue("who was it");
  expect(new URL(page.url()).pathname).toBe(`${team}/log`);
});

test("a log that was filtered comes back filtered from its gate", async ({ page, hydrated }) => {
  const ada = newAddress("ada");
  const used = [await signIn(page, ada)];
  const team = await createTeam(page, "Northwind", hydrated);
  await page.goto(`${team}/log?action=team.&outcome=ok`);
  await settled(page, hydrated);
  const region = page.getByRole("region", { name: "Export what fits" });
  await expect(region.getByText("To export the log of the Team Northwind, confirm that it is you")).toBeVisible();
  await stepUp(page, ada, used);
  await expect(region.getByRole("button", { name: "Export" })).toBeVisible();
  const asked = new URL(page.url()).searchParams;
  expect([asked.get("action"), asked.get("outcome")]).toEqual(["team.", "ok"]);
  await expect(page.locator("#f-action")).toHaveValue("team.");
  await expect(region.locator("input[name=action]")).toHaveValue("team.");
});
