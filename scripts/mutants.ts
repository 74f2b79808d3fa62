// npm run mutants -- [NAME …] [--histories N] [--seed N]: takes each rule of the protocol out of a copy of the code and lets the model
// test find it. Prints a table; exits 0 only when every mutant is caught.
import { spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { MUTANTS } from "./mutants/catalogue.ts";
import { inMutatedCopy, type Mutant, mutated } from "./mutants/mutate.ts";
import { row, type Verdict, verdictOf } from "./mutants/verdict.ts";

const root = path.resolve(import.meta.dirname, "..");
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { histories: { type: "string", default: "1500" }, seed: { type: "string", default: "20261121" } },
});
const unknown = positionals.filter((name) => !MUTANTS.some((mutant) => mutant.name === name));
if (unknown.length > 0) {
  console.error(`There is no mutant ${unknown.join(", ")}; there are ${MUTANTS.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}
const chosen = MUTANTS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
for (const mutant of chosen) mutated(root, mutant); // a replacement that no longer fits is told before the first run

const folder = mkdtempSync(path.join(tmpdir(), "self-serve-mutants-"));
const verdicts: Verdict[] = [];
console.log(row(["mutant", "caught", "by", "histories", "seconds"]));
for (const mutant of chosen) {
  const verdict = await inMutatedCopy(root, mutant, (copy) => tryOne(copy, mutant));
  verdicts.push(verdict);
  console.log(row([mutant.name, verdict.caught ? "yes" : "NO", verdict.by, verdict.histories, verdict.seconds]));
}
const escaped = verdicts.filter(({ caught }) => !caught).map(({ name }) => name);
console.log(escaped.length === 0 ? `All ${verdicts.length} mutants are caught.` : `Not caught: ${escaped.join(", ")}.`);
if (escaped.length === 0) rmSync(folder, { recursive: true, force: true });
process.exitCode = escaped.length === 0 ? 0 : 1;

async function tryOne(copy: string, mutant: Mutant): Promise<Verdict> {
  const report = path.join(folder, `${mutant.name}.json`);
  const log = createWriteStream(path.join(folder, `${mutant.name}.log`));
  const child = spawn(
    process.execPath,
    [path.join(root, "node_modules/vitest/vitest.mjs"), "run", "lib/scheduler/protocol.model.test.ts"],
    {
      cwd: copy,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        MODEL_HISTORIES: values.histories,
        MODEL_SEED: values.seed,
        MODEL_SHRINKS: "no",
        MODEL_REPORT: report,
      },
    },
  );
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  await new Promise<void>((resolve, reject) => child.once("error", reject).once("exit", () => resolve()));
  log.end();
  if (!existsSync(report)) throw new Error(`The model test of ${mutant.name} left no report; see ${log.path}.`);
  return verdictOf(mutant, JSON.parse(readFileSync(report, "utf8")));
}
