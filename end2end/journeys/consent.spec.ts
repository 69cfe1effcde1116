// By Amazon's own consent page: the Seller ID comes from Amazon.
import { addApp, createTeam, known } from "../support/furnish";
import { expect, newAddress, settled, signIn, test } from "../support/test";

for (const agrees of [true, false]) {
  test(agrees ? "a seller agrees at Amazon and the Seller ID is Amazon's word" : "a seller declines at Amazon and nothing is stored", async ({ page, hydrated, clean }) => {
    clean.expected.push(/status of 422/);
    const { sellers } = await known();
    await signIn(page, newAddress("ada"));
    const team = await createTeam(page, "Northwind", hydrated);
    await addApp(page, team, "Northwind production", hydrated);
    await page.goto(`${team}/connections/new`);
    await settled(page, hydrated);
    const form = page.getByRole("region", { name: "By Amazon's consent page" });
    await form.getByLabel("Name").fill("Northwind DE");
    await form.getByLabel("Marketplace").fill(sellers[0].marketplaces[0]);
    await form.getByRole("button", { name: "Continue at Amazon" }).click();
    await page.waitForURL(/apps\/authorize\/consent/);
    if (agrees) {
      await page.getByRole("button", { name: sellers[0].name }).click();
      await expect(page.getByRole("heading", { level: 1, name: "Northwind DE" })).toBeVisible();
      await expect(page.getByText("named by Amazon")).toBeVisible();
    } else {
      await page.getByRole("button", { name: "Cancel" }).click();
      await expect(page.getByRole("heading", { level: 1, name: "Not connected" })).toBeVisible();
      await expect(page.getByText("The seller did not agree at Amazon")).toBeVisible();
      await page.getByRole("link", { name: "Back, with what you chose" }).click();
      await expect(form.getByLabel("Name")).toHaveValue("Northwind DE");
      await expect(form.getByLabel("Marketplace")).toHaveValue(sellers[0].marketplaces[0]);
    }
  });
}
