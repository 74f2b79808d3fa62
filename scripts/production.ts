// npm run production: tries what docs/production says, with Debian's nginx. Takes about half a minute beside the build.
import path from "node:path";
import { runProductionTests } from "./test/unit-tests.ts";

const { passed, failed } = await runProductionTests(path.resolve(import.meta.dirname, ".."));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
