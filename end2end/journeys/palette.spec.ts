// Going anywhere by typing, and the keys under "?".
import { furnish } from "../support/furnish";
import { expect, settled, test } from "../support/test";

test.beforeEach(({ hydrated }) => test.skip(!hydrated, "keys need scripts; every place is a link as well"));

test("the palette leads to pages, things and acts by a few letters", async ({ page, hydrated }) => {
  const { team, connection, gateway } = await furnish(page, hydrated);
  await page.goto(team);
  await settled(page, hydrated);
  const palette = page.getByRole("dialog", { name: "Go to" });
  for (const [typed, path] of [["north de", connection], ["orders", gateway], ["lwa add", `${team}/apps/new`], ["sessions", "/account"], ["passkeys", "/account"]]) {
    await page.goto(team);
    await page.keyboard.press("Control+k");
    await expect(palette.getByRole("combobox")).toBeFocused();
    if (path === connection) await expect(palette.getByRole("option", { name: /Northwind DE/ })).toBeVisible();
    await page.keyboard.type(typed);
    await expect(palette.getByRole("option", { selected: true })).toHaveCount(1);
    await page.keyboard.press("Enter");
    await page.waitForURL(`**${path}`);
  }
  await page.keyboard.press("Control+k");
  await page.keyboard.type("nothing like that");
  await expect(palette.getByText("Nothing is called that.")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(palette).toBeHidden();
});

test("arrows choose, a click goes, and the button opens it without a keyboard", async ({ page, hydrated }) => {
  const { team } = await furnish(page, hydrated);
  await page.goto(team);
  await page.getByRole("button", { name: "Go to…" }).click();
  const palette = page.getByRole("dialog", { name: "Go to" });
  await expect(palette.getByRole("option", { selected: true })).toHaveText(/Overview/);
  await page.keyboard.press("ArrowDown");
  await expect(palette.getByRole("option", { selected: true })).toHaveText(/Connections/);
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowUp");
  await expect(palette.getByRole("combobox")).toHaveAttribute("aria-activedescendant", /palette-/);
  await palette.getByRole("option", { name: "Gateways Go to" }).click();
  await page.waitForURL(`**${team}/gateways`);
});

test("single keys go places, never while somebody types, and can be switched off", async ({ page, hydrated }) => {
  const { team } = await furnish(page, hydrated);
  await page.goto(team);
  await settled(page, hydrated);
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await page.waitForURL(`**${team}/log`);
  await page.goto(`${team}/gateways/new`);
  await page.getByLabel("Name").fill("");
  await page.getByLabel("Name").pressSequentially("g l?");
  await expect(page.getByLabel("Name")).toHaveValue("g l?");
  await page.goto(team);
  await settled(page, hydrated);
  const keys = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  // At once after something was closed, too.
  for (let n = 0; n < 10; n += 1) {
    for (const key of ["Control+k", "Escape", "?"]) await page.keyboard.press(key);
    await expect(keys).toBeVisible();
    await page.keyboard.press("Escape");
    await expect(keys).toBeHidden();
  }
  await page.keyboard.press("?");
  await keys.getByLabel("Shortcuts of single keys").uncheck();
  await keys.getByRole("button", { name: "Close" }).click();
  await page.keyboard.press("?");
  await expect(keys).toBeHidden();
  await page.reload();
  await page.keyboard.press("g");
  await page.keyboard.press("l");
  await page.waitForTimeout(300);
  expect(new URL(page.url()).pathname).toBe(team);
});
