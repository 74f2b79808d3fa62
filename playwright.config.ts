import { defineConfig } from "@playwright/test";

// `npm run e2e` and `npm test` start a product and say here where it is.
const baseURL = process.env.E2E_BASE_URL;
const executablePath = process.env.E2E_CHROMIUM;

const QUIET = [
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

export default defineConfig({
  testDir: "e2e",
  testMatch: "**/*.spec.ts",
  outputDir: "test-results",
  retries: 0,
  workers: 2,
  forbidOnly: true,
  // Bounds for what never comes, not for what is slow: the machine may be busy.
  timeout: 180_000,
  expect: { timeout: 45_000 },
  use: {
    ...(baseURL && { baseURL }),
    trace: "retain-on-failure",
    launchOptions: {
      ...(executablePath && { executablePath }),
      args: process.getuid?.() === 0 ? ["--no-sandbox", ...QUIET] : QUIET,
    },
  },
});
