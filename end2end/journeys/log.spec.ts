// The log shows how it stands, and each event gives its proof, which checks without Portal.
import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { furnish } from "../support/furnish";
import { expect, settled, test } from "../support/test";

test("an event of the log is proved by a file and the log's public key", async ({ page, hydrated }, info) => {
  test.setTimeout(150_000);
  const { team, curl } = await furnish(page, hydrated);
  execFileSync("bash", ["-c", curl]);
  await page.goto(`${team}/log`);
  await settled(page, hydrated);
  await expect(page.getByText("In order")).toBeVisible();
  const row = page.getByRole("listitem").filter({ hasText: "received a runtime credential for" });
  await row.locator("summary").click();
  await row.getByRole("link", { name: "This event and its proof" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Event" })).toBeVisible();
  // A head is signed every minute.
  const button = page.getByRole("link", { name: "Download the proof" });
  await expect(async () => {
    await page.reload();
    await expect(button).toBeVisible({ timeout: 1000 });
  }).toPass({ timeout: 100_000, intervals: [5000] });
  const [download] = await Promise.all([page.waitForEvent("download"), button.click()]);
  const file = info.outputPath("event.jsonl");
  await download.saveAs(file);
  const verify = (path: string) => execFileSync(process.env.BINARY!, ["audit", "verify", "--export", path, "--verifier", publicKey()], { encoding: "utf8", stdio: "pipe" });
  expect(verify(file)).toContain("1 events are in the log");
  const changed = info.outputPath("changed.jsonl");
  writeFileSync(changed, readFileSync(file, "utf8").replace("credential.issued", "credential.refused"));
  expect(() => verify(changed)).toThrow(/not in the tree/);
});

/** As `portal keys create` would have shown it; development makes the key by itself. */
function publicKey() {
  const [, , name, id, key] = readFileSync(join(process.env.PORTAL_DATA!, "checkpoint.key"), "utf8").trim().match(/^(PRIVATE)\+(KEY)\+([^+]+)\+([^+]+)\+(.+)$/)!.slice(1);
  // PKCS 8 around the seed, as RFC 8410 writes it.
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.from(key, "base64").subarray(1)]);
  const spki = createPublicKey(createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" })).export({ format: "der", type: "spki" });
  return `${name}+${id}+${Buffer.concat([Buffer.from([1]), spki.subarray(-32)]).toString("base64")}`;
}
