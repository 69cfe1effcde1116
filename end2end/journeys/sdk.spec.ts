// An SP-API client that knows nothing of Portal works with a gateway key in place of the seller's real secrets.
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { furnish, known } from "../support/furnish";
import { expect, test } from "../support/test";

test("the official Python SDK lists marketplace participations with only a gateway key", async ({ page }) => {
  const made = await furnish(page, true);
  const key = made.curl.match(/ptl_gw_([0-9a-f]{32})_[\w-]+/)!;
  const home = process.env.PORTAL_CACHE ?? join(process.env.HOME!, ".cache/portal");
  const output = execFileSync(join(home, "sdk/bin/python"), [join(import.meta.dirname, "../sdk/participations.py")], {
    encoding: "utf8",
    env: {
      GATEWAY_KEY_ID: `gwk_${key[1]}`,
      GATEWAY_KEY: key[0],
      CONNECTION_ID: made.connection.split("/").pop(),
      TOKEN_URL: `${process.env.PORTAL_URL}/api/gateway/v1/lwa/token`,
      SP_API_URL: process.env.AMAZON_URL,
    },
  });
  const { seller } = await known();
  expect(JSON.parse(output)).toHaveLength(seller.marketplaces.length);
  expect(JSON.parse(output)).toContain("A1PA6795UKMFR9");
});
