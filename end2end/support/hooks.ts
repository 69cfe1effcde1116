// Standard Webhooks, as a receiver checks them and a relay makes them.
import { createHmac } from "node:crypto";
import { type IncomingHttpHeaders, createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Heard = { headers: IncomingHttpHeaders; body: string };

/** A service that takes everything, and keeps it. */
export async function service() {
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

export function signature(secret: string, id: string, timestamp: string, body: string) {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
}

/** What a message must be signed with. */
export const signed = ({ headers, body }: Heard, secret: string) =>
  signature(secret, String(headers["webhook-id"]), String(headers["webhook-timestamp"]), body);
