import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

/** What bars somebody from the page, by axe's rules; nothing, where nothing does. Colours that still fade into others
 * are waited for: halfway between light and dark nothing has contrast, and nobody reads it. */
export async function barriers(page: Page): Promise<string[]> {
  await page.evaluate(() => Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition).map((one) => one.finished.catch(() => null))));
  const found = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  return found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(" | ")}`);
}
