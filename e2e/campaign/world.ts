import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { freePort } from "../../scripts/services/ports.ts";
import { Link, type Target } from "./links/link.ts";
import { branchesOf, POOLS, serverConfig } from "./load.ts";
import { makePeople, type People } from "./people.ts";
import { Supervised } from "./processes/supervised.ts";
import { PreparedSource } from "./source.ts";
import { type Environment, type Stores, startStores } from "./stores.ts";

/** Times of the test profile, in seconds: a tenth of those of production. */
export const PROFILE = { lease: 6, heartbeat: 1.5, sweep: 3 };

/** How a world is made. */
export interface WorldOptions {
  /** The tree whose product runs: the own one, or a copy with a broken rule. */
  root: string;
  /** The production build of its pages, relative to the tree. */
  distDir: string;
  /** Takes everything that the world writes. */
  folder: string;
  /** Scripted workers, and slots of each. */
  workers: number;
  slots: number;
  /** Real agents. */
  agents: number;
  /** How many pushes each branch can have. */
  pushes: number;
  /** Most jobs last so many times as long; 1 by default. */
  slowness?: number;
  /** Hears of processes that died. */
  onDeath: (name: string, code: number | null, signal: NodeJS.Signals | null) => void;
}

/** A whole product with its stores; every link between two of them can be disturbed. */
export interface World {
  options: WorldOptions;
  stores: Stores;
  source: PreparedSource;
  people: People;
  webs: Supervised[];
  timers: Supervised[];
  workers: Supervised[];
  agents: Supervised[];
  /** Starts a scripted worker for a pool that nobody has served so far. */
  addWorker(pool: string): Promise<void>;
  /** By name, such as `web-1 → postgres`. */
  links: Map<string, Link>;
  /** What the load driver and the reader of events talk to, and the webs themselves, where nothing is disturbed. */
  urls: { driver: string; reader: string; webs: string[] };
  /** A file in it shifts the clock of the process of its name. */
  clocks: string;
  journals: string;
  dataFolder: string;
  /** A name in it is a point at which the first process that comes there kills itself. */
  failpoints: string;
  stop(): Promise<void>;
}

const OWN_ROOT = path.resolve(import.meta.dirname, "../..");
const PRELOADS = ["clock-skew.ts", "failpoints.ts"].map((file) => path.join(import.meta.dirname, "preload", file));
const LOCAL = "127.0.0.1";
const READY_MS = 90_000;

/** Starts the stores, then the product and its workers; resolves when both webs answer. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const undo: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const step of undo.splice(0).toReversed()) await step();
  };
  try {
    return { ...(await build(options, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(options: WorldOptions, undo: (() => Promise<unknown>)[]): Promise<Omit<World, "stop">> {
  const { folder } = options;
  const place = (name: string) => path.join(folder, name);
  for (const name of ["logs", "clocks", "journals", "data", "failpoints"]) mkdirSync(place(name), { recursive: true });
  chmodSync(folder, 0o755); // system users that run PostgreSQL and steps must get through
  const tokenFile = place("pool-token");
  writeFileSync(tokenFile, randomBytes(24).toString("hex"));
  const source = new PreparedSource(folder, branchesOf(options.pushes, place("journals/agents.txt"), options.slowness));
  writeFileSync(place("selfserve.yml"), serverConfig(source.url, tokenFile));

  const stores = await startStores(options.root, folder, undo);
  const links = new Map<string, Link>();
  const ctx: Building = { options, undo, links, stores, tokenFile };
  const ports = [await freePort(), await freePort()];
  const webs: Supervised[] = [];
  for (const [index, port] of ports.entries()) {
    webs.push(await startServer(ctx, "web", index + 1, { PORT: String(port) }));
  }
  const targets = ports.map((port) => ({ host: LOCAL, port }));
  const timers = [await startServer(ctx, "timer", 1, {}), await startServer(ctx, "timer", 2, {})];
  await untilAnswering(ports);
  const people = await makePeople(stores);
  const workers: Supervised[] = [];
  const addWorker = async (pool: string, slots = 1) => {
    workers.push(await startWorker(ctx, `worker-${workers.length + 1}`, pool, slots, targets));
  };
  for (let index = 0; index < options.workers; index++) await addWorker(POOLS.farm, options.slots);
  const agents: Supervised[] = [];
  for (let index = 0; index < options.agents; index++) {
    agents.push(await startAgent(ctx, `agent-${index + 1}`, targets));
  }
  return {
    options,
    stores,
    source,
    people,
    webs,
    timers,
    workers,
    agents,
    addWorker,
    links,
    urls: {
      driver: `http://${await openLink(ctx, "driver → web", targets)}`,
      reader: `http://${await openLink(ctx, "reader → web", targets)}`,
      webs: ports.map((port) => `http://${LOCAL}:${port}`),
    },
    clocks: place("clocks"),
    journals: place("journals"),
    dataFolder: place("data"),
    failpoints: place("failpoints"),
  };
}

interface Building {
  options: WorldOptions;
  undo: (() => Promise<unknown>)[];
  links: Map<string, Link>;
  stores: Stores;
  tokenFile: string;
}

async function openLink({ links, undo }: Building, name: string, targets: readonly Target[]): Promise<string> {
  const link = new Link(name, targets);
  links.set(name, link);
  undo.push(() => link.close());
  return `${LOCAL}:${await link.open()}`;
}

/** The URL of a store as a process reaches it: through a link of its own. */
async function linked(ctx: Building, name: string, url: string): Promise<string> {
  const changed = new URL(url);
  changed.host = await openLink(ctx, name, [{ host: changed.hostname, port: Number(changed.port) }]);
  return changed.href;
}

async function startServer(
  ctx: Building,
  kind: "web" | "timer",
  number: number,
  more: Environment,
): Promise<Supervised> {
  const { root, distDir, folder } = ctx.options;
  const name = `${kind}-${number}`;
  const env: Environment = {
    ...ctx.stores.env,
    ...more,
    HOME: process.env.HOME,
    NEXT_DIST_DIR: distDir,
    NEXT_TELEMETRY_DISABLED: "1",
    LOG_LEVEL: "warn",
    DATABASE_URL: await linked(ctx, `${name} → postgres`, ctx.stores.postgres.url),
    REDIS_URL: await linked(ctx, `${name} → redis`, ctx.stores.redis.url),
    DATA_DIR: path.join(folder, "data"),
    CONFIG_FILE: path.join(folder, "selfserve.yml"),
    LEASE_SECONDS: String(PROFILE.lease),
    SWEEP_SECONDS: String(PROFILE.sweep),
    CAMPAIGN_FAILPOINTS: path.join(folder, "failpoints"),
    CAMPAIGN_NAME: name,
  };
  return supervise(ctx, name, path.join(root, `lib/${kind}/main.ts`), { env, cwd: root, preloads: PRELOADS });
}

async function startWorker(
  ctx: Building,
  name: string,
  pool: string,
  slots: number,
  targets: readonly Target[],
): Promise<Supervised> {
  const server = `http://${await openLink(ctx, `${name} → web`, targets)}`;
  const journal = path.join(ctx.options.folder, "journals", `witness-${name}.jsonl`);
  const args = [name, server, pool, String(slots), ctx.tokenFile, journal];
  const script = path.join(OWN_ROOT, "e2e/campaign/worker/main.ts");
  return supervise(ctx, name, script, { args, env: {}, cwd: OWN_ROOT, preloads: PRELOADS.slice(0, 1) });
}

async function startAgent(ctx: Building, name: string, targets: readonly Target[]): Promise<Supervised> {
  const { root, folder } = ctx.options;
  const server = `http://${await openLink(ctx, `${name} → web`, targets)}`;
  const workDir = path.join(folder, "agents", name);
  mkdirSync(workDir, { recursive: true });
  const args = [
    ...["--server", server, "--name", name, "--pools", POOLS.agents, "--slots", "2"],
    ...["--token-file", ctx.tokenFile, "--work-dir", workDir],
  ];
  return supervise(ctx, name, path.join(root, "lib/worker/main.ts"), { args, env: {}, cwd: root, preloads: [] });
}

function supervise(
  { options, undo }: Building,
  name: string,
  script: string,
  { args = [], env, cwd, preloads }: { args?: string[]; env: Environment; cwd: string; preloads: string[] },
): Supervised {
  const child = new Supervised({
    name,
    script,
    args,
    preloads,
    cwd,
    env: {
      PATH: process.env.PATH,
      CAMPAIGN_CLOCK_FILE: path.join(options.folder, "clocks", name),
      ...env,
      NODE_ENV: "production",
    },
    logFile: path.join(options.folder, "logs", `${name}.log`),
    onDeath: options.onDeath,
  });
  child.start();
  undo.push(() => child.stop());
  return child;
}

async function untilAnswering(ports: readonly number[]): Promise<void> {
  const deadline = performance.now() + READY_MS;
  for (const port of ports) {
    for (;;) {
      const answer = await fetch(`http://${LOCAL}:${port}/api/v1/openapi.json`).catch(() => null);
      await answer?.body?.cancel();
      if (answer && answer.status < 500) break;
      if (performance.now() > deadline) throw new Error(`The web process on port ${port} did not answer.`);
      await pass(100);
    }
  }
}
