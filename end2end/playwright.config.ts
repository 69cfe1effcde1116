import { defineConfig, devices } from "@playwright/test";

// Debian's Chromium; a browser of Playwright's own cannot be had everywhere.
const chromium = {
  ...devices["Desktop Chrome"],
  launchOptions: {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  },
};

export default defineConfig({
  testDir: "journeys",
  outputDir: "test-results",
  reporter: process.env.CI ? [["list"]] : [["list"], ["html", { outputFolder: "report", open: "never" }]],
  globalSetup: "./support/setup.ts",
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  projects: [
    { name: "hydrated", use: { ...chromium } },
    { name: "without JavaScript", use: { ...chromium, javaScriptEnabled: false }, testMatch: /first-credential|sign-in|forms|consent|connection|team|alerts|reviews|explorer|incidents|closing|approvals|access-review|advertising|step-up|promises|idle/ },
  ],
});
