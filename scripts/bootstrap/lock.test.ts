import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../lib/testing/temporary-folder.ts";

const LOCKS = { bootstrap: "scripts/bootstrap/lock.mjs", start: "scripts/start/lock.ts" };

/** Takes the lock some times, and notes on a line of its own whenever somebody else was inside. */
const CODE = `
  import { rmSync, writeFileSync, appendFileSync } from "node:fs";
  const [kind, module, folder] = process.argv.slice(1);
  const inside = () => {
    try { writeFileSync(folder + "/inside", "", { flag: "wx" }); } catch { appendFileSync(folder + "/faults", "two\\n"); }
    const until = performance.now() + 5;
    while (performance.now() < until);
    rmSync(folder + "/inside", { force: true });
    appendFileSync(folder + "/turns", "x");
  };
  const { withLock, lockFolder } = await import(module);
  for (let turn = 0; turn < 5; turn++) {
    if (kind === "bootstrap") await withLock(folder + "/start.lock", inside);
    else { const lock = await lockFolder(folder); inside(); lock.release(); }
  }
`;

it.each(Object.entries(LOCKS))(
  "the lock of %s lets one in at a time, also when a killed one left it",
  async (kind, file) => {
    const folder = temporaryFolder("lock");
    writeFileSync(path.join(folder, "start.lock"), kind === "start" ? '{"pid":999999999,"started":"x"}' : "999999999");
    const module = path.resolve(file);
    const all = Array.from({ length: 6 }, () =>
      once(
        spawn(process.execPath, ["--input-type=module", "-e", CODE, kind, module, folder], {
          stdio: ["ignore", "ignore", "inherit"],
        }),
        "exit",
      ),
    );
    expect(await Promise.all(all)).toEqual(all.map(() => [0, null]));
    expect(existsSync(path.join(folder, "faults"))).toBe(false);
    expect(readFileSync(path.join(folder, "turns"), "utf8")).toHaveLength(30);
    expect(readdirSync(folder)).toEqual(["turns"]);
  },
  60_000,
);
