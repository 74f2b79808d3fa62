// npm run verify: format, lint, types, arrows, dead code. Needs no services.
import path from "node:path";
import { printChecks, runChecks } from "./verify/checks.ts";

const results = await runChecks(path.resolve(import.meta.dirname, ".."));
printChecks(results);
const failed = results.filter((result) => result.complaints).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
