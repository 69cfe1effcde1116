// A gateway's webhook is set, tried, changed over to a new secret, sent to again and removed; the service checks what it hears.
import { furnish } from "../support/furnish";
import { service, signature, signed } from "../support/hooks";
import { done, expect, settled, test } from "../support/test";

const OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEXT = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

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

test("a relay's notifications are taken once, shown and passed on to the gateway's webhook", async ({ page, hydrated }) => {
  const { url, heard, stop } = await service();
  const { gateway, connection } = await furnish(page, hydrated);
  await page.goto(gateway);
  await settled(page, hydrated);
  const card = page.getByRole("region", { name: "Webhook" });
  await card.getByLabel("Address").fill(url);
  await card.getByLabel("Signing secret").fill(OLD);
  await card.getByRole("button", { name: "Save webhook" }).click();
  await done(page, hydrated);
  await page.goto(connection);
  await page.getByRole("navigation", { name: "Parts of this connection" }).getByRole("link", { name: "Notifications" }).click();
  await expect(page.getByRole("heading", { name: "No notification yet" })).toBeVisible();
  await settled(page, hydrated);
  await page.getByRole("button", { name: "Create signing key" }).click();
  const secret = (await page.locator("#sec-v").textContent()) ?? "";
  const address = `${process.env.PORTAL_URL}/api/notifications/v1/connections/${connection.split("/").pop()}`;
  await expect(page.getByRole("region", { name: "Your new signing key" })).toContainText(address);
  // As a relay takes it from Amazon's queue.
  const body = JSON.stringify({
    NotificationType: "ORDER_CHANGE",
    EventTime: new Date().toISOString(),
    Payload: { BuyerEmail: "canary@example.com" },
    NotificationMetadata: { NotificationId: "n-1", PublishTime: new Date().toISOString() },
  });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const send = (secret: string) =>
    fetch(address, { method: "POST", body, headers: { "webhook-id": "msg_1", "webhook-timestamp": timestamp, "webhook-signature": signature(secret, "msg_1", timestamp, body) } });
  expect((await send(OLD)).status).toBe(401);
  expect([(await send(secret)).status, (await send(secret)).status]).toEqual([204, 204]);
  await page.goto(`${connection}/notifications`);
  await expect(page.getByRole("row", { name: /ORDER_CHANGE/ })).toHaveCount(1);
  await expect(page.getByText("canary@example.com")).toHaveCount(0);
  await expect(page.locator("#sec-v")).toHaveCount(0);
  await expect.poll(() => heard.length).toBe(1);
  expect(JSON.parse(heard[0].body).data).toMatchObject({ notification_type: "ORDER_CHANGE", notification_id: "n-1", late: false });
  expect(heard[0].headers["webhook-signature"]).toBe(signed(heard[0], OLD));
  stop();
});
