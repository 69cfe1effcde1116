// Support looks into a Team: asked, approved with a code that is good once, seen on every page, ended by the owner.
import { pictures } from "../support/accessible";
import { furnish } from "../support/furnish";
import { operator } from "../support/people";
import { expect, settled, stepUp, test } from "../support/test";

test("an operator looks into a Team as its owner lets them, until the owner ends it", async ({ page, browser, hydrated, clean }, info) => {
  test.setTimeout(240_000);
  clean.expected.push(/status of 422/);
  const path = (name: string) => info.outputPath(name);
  const made = await furnish(page, hydrated);
  const support = await operator(browser);
  const op = support.page;

  // The operator sees nothing of the Team, and asks.
  expect((await op.goto(made.team))?.status()).toBe(404);
  await op.goto("/installation");
  await settled(op, hydrated);
  await pictures(op, path, "installation");
  await op.getByRole("link", { name: "Look into a Team" }).click();
  await settled(op, hydrated);
  await stepUp(op, support.email, support.used);
  await settled(op, hydrated);
  await op.getByRole("textbox", { name: "Team" }).fill(`${process.env.PORTAL_URL}${made.team}/connections`);
  await op.getByLabel("Reason").fill("because");
  await op.getByRole("button", { name: "Ask the owners" }).click();
  await expect(op.locator(".field-error", { hasText: "in 10 letters at least" })).toBeVisible();
  await op.getByLabel("Reason").fill("Ticket 4711: no leases since noon");
  await op.getByRole("button", { name: "Ask the owners" }).click();
  // Until somebody approved it, not even the Team's name is told.
  const asked = op.getByRole("article", { name: /^Question to/ });
  await expect(asked).not.toContainText("Northwind");
  await expect(asked).toContainText("Waits for an owner");
  await pictures(op, path, "asked");

  // The owner finds it on the overview, approves with a fresh proof, and is shown a code.
  await page.goto(made.team);
  await settled(page, hydrated);
  await page.getByRole("link", { name: "Support" }).first().click();
  await settled(page, hydrated);
  await expect(page.getByText("Ticket 4711: no leases since noon")).toBeVisible();
  await page.getByRole("button", { name: "Approve and show the code" }).click();
  const code = ((await page.locator("#code-v").textContent()) ?? "").replace(/\D/g, "");
  expect(code).toMatch(/^\d{8}$/);
  await pictures(page, path, "code");

  // The operator begins with it, after a fresh proof of their own.
  await op.reload();
  await settled(op, hydrated);
  await expect(asked).toContainText("Waits for the code");
  await expect(asked).toContainText("Northwind");
  await asked.getByLabel("Code").fill(code === "12345678" ? "12345679" : "12345678");
  await asked.getByRole("button", { name: "Look into the Team" }).click();
  await expect(op.locator(".field-error", { hasText: "This is not the code" })).toBeVisible();
  await asked.getByLabel("Code").fill(code);
  await asked.getByRole("button", { name: "Look into the Team" }).click();
  await expect(op.getByRole("heading", { level: 1, name: "Northwind" })).toBeVisible();
  await expect(op.getByText("You look into Northwind as support")).toBeVisible();
  await expect(op.getByText(`as ${made.email} approved`)).toBeVisible();
  await pictures(op, path, "looking");
  await op.goto(made.connection);
  await expect(op.getByRole("heading", { level: 1, name: "Northwind DE" })).toBeVisible();
  await expect(op.getByText("You look into Northwind as support")).toBeVisible();
  await expect(op.getByRole("button", { name: "Disable" })).toHaveCount(0);

  // The owner sees that somebody looks, what they looked at, and ends it.
  await page.goto(`${made.team}/support`);
  await settled(page, hydrated);
  await expect(page.getByText("operator@example.com looks into this Team as support")).toBeVisible();
  await expect(page.getByRole("article")).toContainText("2 pages looked at");
  await pictures(page, path, "looked-into");
  await page.goto(`${made.team}/log`);
  await expect(page.getByText("looked at a page of").first()).toBeVisible();
  await page.goto(`${made.team}/support`);
  await settled(page, hydrated);
  await page.getByRole("button", { name: "End it now" }).click();
  await expect(page.getByRole("article")).toContainText("Over");
  expect((await op.goto(made.team))?.status()).toBe(404);
  await expect(op.getByText("You look into")).toHaveCount(0);
  await support.leave();
});
