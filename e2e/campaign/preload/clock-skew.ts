// Loaded before a process of the product: shifts its idea of the time by as many ms as the file CAMPAIGN_CLOCK_FILE says, from the moment
// it says so. The database's clock and the monotonic one stay as they are.
import { readFileSync } from "node:fs";

const LOOK_EVERY_MS = 200;

const file = process.env.CAMPAIGN_CLOCK_FILE;
const realNow = Date.now;
let shiftMs = 0;

function look(): void {
  try {
    shiftMs = Number(readFileSync(file ?? "", "utf8")) || 0;
  } catch {
    shiftMs = 0;
  }
}

if (file) {
  look();
  setInterval(look, LOOK_EVERY_MS).unref();
  Date.now = () => realNow() + shiftMs;
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [realNow() + shiftMs] : args, newTarget),
    apply: () => new Date(realNow() + shiftMs).toString(),
  });
}
