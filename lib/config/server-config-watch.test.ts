import { renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import type { ConfigError } from "../contracts/push.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { ServerConfigWatch } from "./server-config-watch.ts";

const SOON = { timeout: 45_000, interval: 20 };

const config = (pool: string) => `version: 1\npools: [{name: ${pool}}]\n`;

async function watched(text = config("one")) {
  const file = path.join(temporaryFolder(), "selfserve.yml");
  writeFileSync(file, text);
  const pools: string[] = [];
  const errors: ConfigError[][] = [];
  const failures: unknown[] = [];
  const listener = {
    environment: {},
    onConfig: vi.fn(({ pools: now }: { pools: { name: string }[] }) => {
      pools.push(now.map(({ name }) => name).join());
    }),
    onErrors: (now: ConfigError[]) => {
      errors.push(now);
    },
    onError: (error: unknown) => failures.push(error),
  };
  const opened = await ServerConfigWatch.open(file, listener);
  if (!opened.ok) throw new Error(JSON.stringify(opened.errors));
  onTestFinished(() => opened.watch.close());
  return { file, pools, errors, failures, listener, watch: opened.watch };
}

it("tells the first configuration and every change", async () => {
  const { file, pools } = await watched();
  expect(pools).toEqual(["one"]);
  writeFileSync(file, config("two"));
  await vi.waitFor(() => expect(pools).toEqual(["one", "two"]), SOON);
});

it("sees a file that is put in the old one's place", async () => {
  const { file, pools } = await watched();
  writeFileSync(`${file}.new`, config("three"));
  renameSync(`${file}.new`, file);
  await vi.waitFor(() => expect(pools).toEqual(["one", "three"]), SOON);
});

it("keeps the last sound one while the file is broken or gone, and says why", async () => {
  const { file, pools, errors, watch } = await watched();
  writeFileSync(file, "version: 1\npols: []\n");
  await vi.waitFor(() => expect(errors).toHaveLength(1), SOON);
  expect(errors[0]).toMatchObject([{ line: 2, key: "pols", message: expect.stringContaining("did you mean pools?") }]);
  expect(watch.config.pools[0]?.name).toBe("one");
  expect(watch.errors).toHaveLength(1);
  rmSync(file);
  await vi.waitFor(() => expect(errors).toHaveLength(2), SOON);
  writeFileSync(file, config("four"));
  await vi.waitFor(() => expect(pools).toEqual(["one", "four"]), SOON);
  expect(watch.errors).toEqual([]);
});

it("does not tell what means the same", async () => {
  const { file, listener, watch } = await watched();
  writeFileSync(file, `# a comment\n${config("one")}`);
  await watch.look();
  expect(listener.onConfig).toHaveBeenCalledTimes(1);
});

it("tells again what a listener could not take", async () => {
  const { file, listener, failures, watch } = await watched();
  listener.onConfig.mockImplementationOnce(() => {
    throw new Error("the database is away");
  });
  writeFileSync(file, config("two"));
  await vi.waitFor(() => expect(failures).toHaveLength(1), SOON);
  await watch.look();
  expect(listener.onConfig).toHaveBeenCalledTimes(3);
  expect(watch.config.pools[0]?.name).toBe("two");
});

it("does not open a broken file", async () => {
  const file = path.join(temporaryFolder(), "selfserve.yml");
  writeFileSync(file, "version: 9\n");
  const nothing = () => {};
  const opened = await ServerConfigWatch.open(file, {
    environment: {},
    onConfig: nothing,
    onErrors: nothing,
    onError: nothing,
  });
  expect(opened).toMatchObject({ ok: false, errors: [{ line: 1, key: "version" }] });
});
