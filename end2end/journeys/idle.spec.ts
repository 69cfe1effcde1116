// What nothing uses is seen in one list, and stopped in one step.
import { execFileSync } from "node:child_process";

import { age } from "../support/age";
import { furnish } from "../support/furnish";
import { done, expect, settled, test } from "../support/test";

test("a gateway that nothing used for thirty days is disabled in one step", async ({ page, hydrated }, info) => {
  const { team, gateway, curl } = await furnish(page, hydrated);
  await page.goto(`${team}/gateways/idle`);
  await expect(page.getByText("Everything is in use")).toBeVisible();
  const [long, mine] = ["'2026-01-01T00:00:00+00:00'", "WHERE lower(hex(team_id)) = ?"];
  age(team, `UPDATE gateway SET created_at = ${long} ${mine}`, `UPDATE gateway_key SET created_at = ${long}, last_used_at = NULL ${mine}`);
  await page.goto(`${team}/gateways`);
  await page.getByRole("link", { name: /unused/i }).click();
  await settled(page, hydrated);
  const list = page.getByRole("region", { name: "Unused" });
  await expect(list.getByLabel(/^orders-sync/).first()).toBeChecked();
  await page.screenshot({ path: info.outputPath("idle.png"), fullPage: true });
  await list.getByRole("button", { name: "Stop what is ticked" }).click();
  await done(page, hydrated);
  await page.goto(gateway);
  await expect(page.getByText("Disabled", { exact: true }).first()).toBeVisible();
  expect(() => execFileSync("bash", ["-c", curl.replace("curl", "curl -sf")], { stdio: "pipe" })).toThrow();
});
