// The code: typed as people type it, refused in clear words, worth nothing in another browser.
import { codeFor, expect, newAddress, test } from "../support/test";

test("a wrong code says so, keeps what was typed, and the right one still signs in", async ({ page, hydrated, clean }) => {
  clean.expected.push(/status of 422/);
  const email = newAddress("ada");
  await page.goto("/sign-in");
  await page.getByLabel("E-mail address").fill("ada@nowhere");
  await page.getByRole("button", { name: "Send code" }).click();
  await expect(page.getByText("An e-mail address has one @").first()).toBeVisible();
  await expect(page.getByLabel("E-mail address")).toHaveValue("ada@nowhere");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Send code" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Enter the code" })).toBeVisible();
  const code = await codeFor(email);
  const wrong = code === "00000000" ? "11111111" : "00000000";

  await page.getByLabel("Code").fill("1234");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("The code has 8 digits; this has 4.").first()).toBeVisible();
  await page.getByLabel("Code").fill(wrong);
  if (!hydrated) await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByText("4 tries are left").first()).toBeVisible();
  if (hydrated) await expect(page.getByLabel("Code")).toBeFocused();
  await page.getByLabel("Code").fill(`${code.slice(0, 4)} ${code.slice(4)}`);
  if (!hydrated) await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Your Teams" })).toBeVisible();
});

test("a code is of no use in another browser", async ({ page, browser, clean }) => {
  clean.expected.push(/status of 422/);
  const email = newAddress("ada");
  await page.goto("/sign-in");
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Send code" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Enter the code" })).toBeVisible();
  const code = await codeFor(email);
  const other = await browser.newPage();
  await other.goto("/sign-in/code");
  await expect(other.getByRole("heading", { level: 1, name: "Ask for a code first" })).toBeVisible();
  const answer = await other.request.post("/act/sign_in", { form: { code }, headers: { "Sec-Fetch-Site": "same-origin" } });
  expect(answer.status()).toBe(422);
  await other.close();
});

test("the code field is one that phones fill in, and asking again waits visibly", async ({ page, hydrated }) => {
  await page.goto("/sign-in");
  await page.getByLabel("E-mail address").fill(newAddress("ada"));
  await page.getByRole("button", { name: "Send code" }).click();
  const field = page.getByLabel("Code");
  await expect(field).toHaveAttribute("autocomplete", "one-time-code");
  await expect(field).toHaveAttribute("inputmode", "numeric");
  if (hydrated) {
    const again = page.getByRole("button", { name: "Send another code" });
    await expect(again).toBeDisabled();
    await expect(again).toHaveAttribute("data-left", /^\d+$/);
  }
});
