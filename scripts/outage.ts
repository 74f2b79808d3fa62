// npm run outage: the fault tests with the lease of production and PostgreSQL away for five minutes. Takes about a quarter of an hour.
import path from "node:path";
import { runFaultTests } from "./test/unit-tests.ts";

process.env.OUTAGE_LEASE_SECONDS = "60";
process.env.OUTAGE_SECONDS = "300";
const { passed, failed } = await runFaultTests(path.resolve(import.meta.dirname, ".."));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
