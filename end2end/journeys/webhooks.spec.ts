// A gateway's webhook is set, tried, changed over to a new secret, sent to again and removed; the service checks what it hears.
import { createHmac } from "node:crypto";
import { type IncomingHttpHeaders, createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { furnish } from "../support/furnish";
import { done, expect, settled, test } from "../support/test";

const OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEXT = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

type Heard = { headers: IncomingHttpHeaders; body: string };

/** A service that takes everything, and keeps it. */
async function service() {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part)).on("end", () => {
      heard.push({ headers: request.headers, body });
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/portal`, heard, stop: () => server.close() };
}

/** As Standard Webhooks says it. */
function signed({ headers, body }: Heard, secret: string) {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const text = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  return `v1,${createHmac("sha256", key).update(text).digest("base64")}`;
}

test("a gateway's webhook is set, tried, changed over and sent to again", async ({ page, hydrated, clean }) => {
  clean.expected.push(/status of 422/);
  const { url, heard, stop } = await service();
  const { gateway } = await furnish(page, hydrated);
  await page.goto(gateway);
  await settled(page, hydrated);
  const card = page.getByRole("region", { name: "Webhook" });
  await card.getByLabel("Address").fill("https://elsewhere.example/portal");
  await card.getByLabel("Signing secret").fill(OLD);
  await card.getByRole("button", { name: "Save webhook" }).click();
  await expect(card.locator(".field-error", { hasText: "Messages may not go there" })).toBeVisible();
  await card.getByLabel("Address").fill(url);
  await card.getByLabel("Signing secret").fill(OLD);
  await card.getByRole("button", { name: "Save webhook" }).click();
  await done(page, hydrated);
  await card.getByRole("button", { name: "Send a test message" }).click();
  await done(page, hydrated);
  await expect.poll(() => heard.length).toBe(1);
  expect(heard[0].headers["webhook-signature"]).toBe(signed(heard[0], OLD));
  await page.goto(gateway);
  await settled(page, hydrated);
  await card.getByText("Change the signing secret…").click();
  await card.locator("details[open]").getByLabel("Signing secret").fill(NEXT);
  await card.getByRole("button", { name: "Change secret" }).click();
  await done(page, hydrated);
  await expect(card).toContainText("The old secret signs beside the new one until");
  const row = card.getByRole("row", { name: /webhook\.test/ });
  await expect(row).toContainText("Sent");
  await row.getByRole("button", { name: "Send again" }).click();
  await done(page, hydrated);
  await expect.poll(() => heard.length).toBe(2);
  expect(heard[1].headers["webhook-id"]).toBe(heard[0].headers["webhook-id"]);
  expect(heard[1].headers["webhook-signature"]).toBe(`${signed(heard[1], NEXT)} ${signed(heard[1], OLD)}`);
  await page.goto(gateway);
  await settled(page, hydrated);
  await card.getByText("Remove…").click();
  await card.getByRole("button", { name: "Remove webhook" }).click();
  await done(page, hydrated);
  await expect(card.getByRole("button", { name: "Send a test message" })).toHaveCount(0);
  stop();
});
