// npm run e2e -- <arguments of Playwright>: the end-to-end tests alone, against a product of their own.
import path from "node:path";
import { consoleProgress } from "./start/progress.ts";
import { runBrowserTests } from "./test/browser-tests.ts";

const root = path.resolve(import.meta.dirname, "..");
const { failed } = await runBrowserTests(root, process.argv.slice(2), consoleProgress(process.stdout));
process.exitCode = failed === 0 ? 0 : 1;
