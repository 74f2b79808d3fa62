// npm run model -- [--histories N] [--seed N] [--lanes N]: plays random histories of the protocol on the real code; 20,000 by default, from a
// seed that is printed. A failure prints its history, made as short as possible, with the seed and the path that play it alone:
// npm run model -- --seed N --path P
import path from "node:path";
import { parseArgs } from "node:util";
import { runTool } from "./test/run-tool.ts";

const root = path.resolve(import.meta.dirname, "..");
const { values } = parseArgs({
  options: {
    histories: { type: "string", default: "20000" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    lanes: { type: "string", default: "6" },
    path: { type: "string" },
  },
});
const { path: replay, ...numbers } = values;
const wrong = Object.entries(numbers).find(([, value]) => !/^[1-9]\d{0,9}$/.test(value));
if (wrong) {
  console.error(`--${wrong[0]} is ${wrong[1]}; it must be a whole number from 1.`);
  process.exit(2);
}
console.log(
  replay ? `The history ${replay} of seed ${values.seed}` : `${values.histories} histories from seed ${values.seed}`,
);
process.exitCode = await runTool(
  path.join(root, "node_modules/vitest/vitest.mjs"),
  ["run", "lib/scheduler/protocol.model.test.ts"],
  root,
  {
    ...process.env,
    MODEL_HISTORIES: values.histories,
    MODEL_SEED: values.seed,
    MODEL_LANES: values.lanes,
    MODEL_PATH: replay ?? "",
  },
);
