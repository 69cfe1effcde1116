// Lighthouse over pages of the demonstration, on its simulated phone and on a desktop: run.mjs PORTAL_URL MAIL_FOLDER.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";

import lighthouse from "lighthouse";

const [url, mails] = process.argv.slice(2);

// Signing in, as a form without scripts does.
let cookie = "";
const post = async (path, fields) => {
  const headers = { cookie, origin: url, "sec-fetch-site": "same-origin", accept: "text/html" };
  const answer = await fetch(url + path, { method: "POST", redirect: "manual", headers, body: new URLSearchParams(fields) });
  cookie = answer.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ") || cookie;
};
const email = "ada@example.com";
await post("/act/ask_code", { email, next: "/" });
await new Promise((go) => setTimeout(go, 2000));
const newest = readdirSync(mails).sort().reverse().map((file) => JSON.parse(readFileSync(join(mails, file), "utf8")));
await post("/act/sign_in", { code: newest.find((mail) => mail.to === email).subject.slice(0, 9) });
const page = async (path) => (await fetch(url + path, { headers: { cookie } })).text();
const team = (await page("/")).match(/\/teams\/team_[0-9a-f]{32}/)[0];
const connection = (await page(`${team}/connections`)).match(/\/teams\/team_[0-9a-f]{32}\/connections\/con_[0-9a-f]{32}/)[0];

const port = 9333;
const profile = mkdtempSync(join(tmpdir(), "portal-lighthouse-"));
const browser = spawn("chromium", ["--headless=new", "--no-sandbox", `--remote-debugging-port=${port}`, `--user-data-dir=${profile}`], { stdio: "ignore" });
await new Promise((go) => setTimeout(go, 3000));
const desktop = {
  formFactor: "desktop",
  screenEmulation: { mobile: false, width: 1350, height: 940, deviceScaleFactor: 1, disabled: false },
  throttling: { rttMs: 40, throughputKbps: 10240, cpuSlowdownMultiplier: 1 },
};
let least = 100;
for (const path of ["/sign-in", "/gateway-api", team, connection, `${connection}/log`, `${team}/gateways`]) {
  const open = ["/sign-in", "/gateway-api"].includes(path);
  for (const device of [{ formFactor: "mobile" }, desktop]) {
    const { lhr } = await lighthouse(url + path, { port, logLevel: "error", extraHeaders: open ? {} : { cookie }, ...device });
    // Pages behind the sign-in are for nobody's search engine.
    const scores = Object.values(lhr.categories).filter((one) => open || one.id !== "seo").map((one) => [one.id, Math.round(one.score * 100)]);
    least = Math.min(least, ...scores.map(([, score]) => score));
    const figure = (id) => lhr.audits[id].displayValue;
    console.log(`${device.formFactor.padEnd(8)}${path.replace(/_[0-9a-f]{32}/g, "_…").padEnd(44)}${scores.map((one) => one.join(" ")).join("  ")}  LCP ${figure("largest-contentful-paint")}  CLS ${figure("cumulative-layout-shift")}`);
    for (const audit of Object.values(lhr.audits)) {
      if (audit.score !== null && audit.score < 0.9 && audit.scoreDisplayMode === "binary") console.log(`        ${audit.id}: ${audit.title}`);
    }
  }
}
browser.kill();
process.exit(least >= 98 ? 0 : 1);
