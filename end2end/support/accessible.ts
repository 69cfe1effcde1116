import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** Waits for colours that still fade into others: halfway between light and dark nothing has contrast, and nobody reads it. */
async function rest(page: Page) {
  await page.evaluate(() => Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished.catch(() => null))));
}

/** What bars somebody from the page, by axe's rules; nothing, where nothing does. */
export async function barriers(page: Page): Promise<string[]> {
  await rest(page);
  const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(" | ")}`);
}

/** Looks at a page in light and dark, wide and narrow. */
export async function pictures(page: Page, path: (name: string) => string, name: string) {
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    expect(await barriers(page), `${name} ${scheme}`).toEqual([]);
    await page.screenshot({ path: path(`${name}-${scheme}.png`), fullPage: true });
  }
  await page.emulateMedia({ colorScheme: "light" });
  const size = page.viewportSize()!;
  await page.setViewportSize({ width: 360, height: 740 });
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, `${name} on a phone`).toBeLessThanOrEqual(0);
  const cut = await page.evaluate(() => [...document.querySelectorAll(".table-wrap")].filter((one) => one.scrollWidth > one.clientWidth + 1).length);
  expect(cut, `tables of ${name} that are cut on a phone`).toBe(0);
  await rest(page);
  await page.screenshot({ path: path(`${name}-phone.png`), fullPage: true });
  await page.setViewportSize(size);
}
