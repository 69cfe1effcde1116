// The picture in the README: PICTURES=1 puts it there.
import { join } from "node:path";

import { addApp, connect, createGateway, createTeam } from "../support/furnish";
import { expect, newAddress, settled, signIn, test } from "../support/test";

test("the picture of the product", async ({ page, hydrated }, info) => {
  await page.setViewportSize({ width: 1200, height: 760 });
  await signIn(page, newAddress("ada"));
  const team = await createTeam(page, "Northwind", hydrated);
  await addApp(page, team, "Lighthouse", hydrated);
  const connection = await connect(page, team, "Nordlicht DE", hydrated);
  await createGateway(page, team, "orders-sync", "Nordlicht DE", hydrated);
  const folder = process.env.PICTURES ? join(import.meta.dirname, "../../docs") : info.outputDir;
  for (const [scheme, name] of [["light", "portal.png"], ["dark", "portal-dark.png"]] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(connection);
    await settled(page, hydrated);
    await expect(page.getByText("Healthy")).toBeVisible();
    await page.screenshot({ path: join(folder, name) });
  }
});
