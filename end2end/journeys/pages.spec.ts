// Every page, light and dark, wide and on a phone: accessible, whole, and without a line on the console.
import type { Page } from "@playwright/test";
import { execFileSync } from "node:child_process";

import { barriers } from "../support/accessible";
import { furnish } from "../support/furnish";
import { expect, settled, test } from "../support/test";

test("every page is accessible and whole in light and dark, wide and narrow", async ({ page, clean }, info) => {
  clean.expected.push(/status of (404|422)/);
  test.setTimeout(600_000);
  const problems: string[] = [];
  await page.addInitScript(() => {
    const shifts = { sum: 0 };
    Object.assign(window, { shifts });
    new PerformanceObserver((list) => {
      for (const one of list.getEntries() as (PerformanceEntry & { value: number })[]) shifts.sum += one.value;
    }).observe({ type: "layout-shift", buffered: true });
  });
  for (const path of ["/sign-in", "/sign-in/code", "/gateway-api", "/security", "/nowhere"]) await look(path, false);
  const made = await furnish(page, true);
  await page.screenshot({ path: info.outputPath("key-once.png"), fullPage: true });
  execFileSync("bash", ["-c", made.curl]);
  const { team, app, connection, gateway } = made;
  const pages = [
    "/", "/account", "/confirm", "/consent/return", team, `${team}/connections`, `${team}/connections/new`, connection, `${connection}/access`, `${connection}/notifications`, `${connection}/issues`, `${connection}/log`, `${team}/apps`, `${team}/apps/new`, app,
    `${team}/gateways`, `${team}/gateways/new`, `${team}/gateways/idle`, gateway, `${team}/members`, `${team}/members/reach`, `${team}/log`, `${team}/alerts`, `${team}/alerts/rules`, `${team}/reviews`, `${team}/settings`,
  ];
  await page.goto(`${team}/log`);
  pages.push((await page.locator(".log-more a").first().getAttribute("href"))!);
  await page.goto(`${team}/incidents/new?about=${gateway.split("/").pop()}&kind=misused_gateway`);
  await settled(page, true);
  await page.getByLabel("What did you notice?").fill("It asks at night");
  await page.getByRole("button", { name: "Report" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "It asks at night" })).toBeVisible();
  const incident = new URL(page.url()).pathname;
  await page.goto(`${incident}/notices`);
  await settled(page, true);
  await page.getByRole("button", { name: "Draft it" }).click();
  await expect(page.getByRole("region", { name: /^Amazon: / })).toBeVisible();
  await settled(page, true);
  await page.goto(`${incident}/evidence`);
  await settled(page, true);
  await page.getByRole("button", { name: "Take in how things stand now" }).click();
  await expect(page.getByText("how-things-stood.json")).toBeVisible();
  await settled(page, true);
  pages.push(`${incident}/tasks`, `${incident}/evidence`, `${incident}/notices`, `${incident}/lessons`);
  pages.push(`${team}/incidents/playbooks`, `${team}/incidents/readiness`, `${team}/incidents/metrics`);
  pages.push(incident, `${team}/incidents`, `${team}/incidents/new`, `${team}/log/retention`, `${team}/approvals`, `${team}/support`, `${team}/members/reviews`, `${team}/promises`);
  for (const path of pages) await look(path, !["/confirm", "/consent/return"].includes(path));
  // What opens over a page is looked at too.
  await page.setViewportSize({ width: 1280, height: 800 });
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    for (const [keys, name] of [["Control+k", "Go to"], ["?", "Keyboard shortcuts"]]) {
      await page.keyboard.press(keys);
      await expect(page.getByRole("dialog", { name })).toBeVisible();
      await axe(`${name} ${scheme}`);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("dialog", { name })).toBeHidden();
    }
  }
  // The map of who can reach what is made to be printed: what steers a page stays away, and nothing is cut.
  await page.goto(`${team}/members/reach`);
  await settled(page, true);
  await page.emulateMedia({ media: "print", colorScheme: "light" });
  await expect(page.getByRole("navigation", { name: "Team" })).toBeHidden();
  await expect(page.getByRole("table", { name: "Keys, by connection" })).toBeVisible();
  if (await cut(page)) problems.push("the map has a table that is cut in print");
  expect((await page.pdf({ path: info.outputPath("reach.pdf") })).length).toBeGreaterThan(1000);
  await page.emulateMedia({ media: null });
  expect(problems).toEqual([]);

  async function axe(what: string) {
    problems.push(...(await barriers(page)).map((one) => `${what} ${one}`));
  }

  async function look(path: string, hydrates: boolean) {
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      await page.setViewportSize({ width: 1280, height: 800 });
      await page.goto(path);
      await settled(page, hydrates);
      const shifted = await page.evaluate(() => (window as unknown as { shifts: { sum: number } }).shifts.sum);
      if (shifted > 0.02) problems.push(`${path} ${scheme} shifts by ${shifted} while it loads`);
      const headings = await page.locator("h1").count();
      if (headings !== 1) problems.push(`${path} has ${headings} h1`);
      const room = await page.evaluate(() => (document.querySelector(".shell > .main")?.clientWidth ?? innerWidth) / innerWidth);
      if (room < 0.75) problems.push(`${path} leaves ${Math.round(room * 100)} % of the width to its content`);
      // Whatever opens is opened: a form in a narrow place is as much of the page as what stands there at first.
      await page.evaluate(() => document.querySelectorAll<HTMLDetailsElement>("main details").forEach((one) => (one.open = true)));
      if (await cut(page)) problems.push(`${path} has a table that is cut at 1280 px`);
      // A form that says twice on which page it stands is read by nobody.
      const twice = await page.evaluate(() => [...document.forms].filter((one) => one.querySelectorAll("input[name=page]").length > 1).map((one) => one.action));
      if (twice.length > 0) problems.push(`${path} has forms that name their page twice: ${twice}`);
      await axe(`${path} ${scheme}`);
      const name = path.replace(/\/([a-z]+)_[0-9a-f]{32}/g, "/$1").replaceAll("/", "-").replace(/^-(teams-team-?)?/, "") || (path === "/" ? "home" : "overview");
      await page.screenshot({ path: info.outputPath(`${name}-${scheme}.png`), fullPage: true });
      await page.setViewportSize({ width: 360, height: 740 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (await cut(page)) problems.push(`${path} has a table that is cut on a phone`);
      if (scheme === "light") await axe(`${path} on a phone`);
      if (overflow > 0) problems.push(`${path} is ${overflow} px wider than a phone`);
      if (scheme === "light") await page.screenshot({ path: info.outputPath(`${name}-phone.png`), fullPage: true });
    }
  }
});

/** How many tables are wider than their place. */
const cut = (page: Page) =>
  page.evaluate(() => [...document.querySelectorAll(".table-wrap")].filter((one) => one.scrollWidth > one.clientWidth + 1).length);
