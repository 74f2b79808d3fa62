// npm run build: the production build of the pages, for a deployment.
import path from "node:path";
import { build } from "./start/build.ts";
import { consoleProgress } from "./start/progress.ts";

const root = path.resolve(import.meta.dirname, "..");
try {
  await consoleProgress(process.stdout).stage("Building the pages", () =>
    build({ root, distDir: ".next", logFile: path.join(root, ".data/logs/build.log") }),
  );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
