import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "../../scripts/services/ports.ts";
import { Child } from "../../scripts/start/child.ts";
import { type Product, startProduct } from "../../scripts/start/product.ts";
import { SourceRepository } from "../fixtures/source-repository.ts";

/** How big a farm is, and how patient. */
export interface FarmOptions {
  workers: readonly string[];
  slots: number;
  leaseSeconds: number;
  /** How often the repository is polled; every second by default. */
  pollSeconds?: number;
}

/** A whole product on services of its own that watches one repository, with workers that can be killed one by one. */
export interface Farm {
  product: Product;
  repository: SourceRepository;
  workers: Map<string, Child>;
  /** A file outside the product for what the jobs themselves say. */
  witness: string;
  stop(): Promise<void>;
}

/** The pool that all builders name. */
export const POOL = "faults";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** Starts a farm whose only branch is called `faults-main`. */
export async function startFarm(options: FarmOptions): Promise<Farm> {
  const folder = mkdtempSync(path.join(tmpdir(), "self-serve-faults-"));
  chmodSync(folder, 0o755); // system users that run PostgreSQL and steps must get through
  const repository = new SourceRepository("faults");
  const product = await startProduct({
    root: ROOT,
    dataFolder: path.join(folder, "data"),
    given: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      CONFIG_FILE: writeConfig(folder, repository.bare, options.pollSeconds ?? 1),
      LEASE_SECONDS: String(options.leaseSeconds),
      SWEEP_SECONDS: "2",
    },
    port: await freePort(),
    workers: 0,
    demo: false,
    mode: "production",
    distDir: ".next-test",
    durable: true, // what was acknowledged must survive the shutdown of PostgreSQL
    progress: { stage: (_title, work) => work(() => {}), say: () => {} },
  });
  const start = (name: string) => startWorker(name, folder, product.url, options.slots);
  const workers = new Map(options.workers.map((name) => [name, start(name)]));
  const stop = async () => {
    await Promise.all([...workers.values()].map((worker) => worker.stop()));
    await product.stop();
    repository.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  return { product, repository, workers, witness: path.join(folder, "witness.txt"), stop };
}

function writeConfig(folder: string, url: string, poll: number): string {
  writeFileSync(path.join(folder, "token"), randomBytes(24).toString("hex"));
  const file = path.join(folder, "selfserve.yml");
  const config = {
    version: 1,
    repositories: [{ name: "faults", url, poll, branches: [{ ref: "main", name: "faults-main" }] }],
    pools: [{ name: POOL, token: { file: "token" } }],
    roles: { developer: ["developers"], sheriff: ["sheriffs"], admin: ["admins"] },
  };
  writeFileSync(file, JSON.stringify(config, null, 2)); // JSON is YAML, too
  return file;
}

function startWorker(name: string, folder: string, server: string, slots: number): Child {
  const workDir = path.join(folder, "workers", name);
  mkdirSync(workDir, { recursive: true });
  const child = new Child({
    name,
    script: path.join(ROOT, "lib/worker/main.ts"),
    args: [
      ...["--server", server, "--name", name, "--pools", POOL, "--slots", String(slots)],
      ...["--token-file", path.join(folder, "token"), "--work-dir", workDir],
    ],
    env: { NODE_ENV: "production", PATH: process.env.PATH },
    cwd: ROOT,
    logsFolder: path.join(folder, "logs"),
    recordsFolder: path.join(folder, "processes"),
    graceSeconds: 20,
    onUnexpectedExit: () => {}, // the test killed it
  });
  child.start();
  return child;
}
