import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import path from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import { Client as Postgres } from "pg";
import { nowMs, wallOffsetMs } from "./clock.ts";
import { Client } from "./driver/client.ts";
import { Driver } from "./driver/driver.ts";
import { EventReader, type StreamLine } from "./driver/event-reader.ts";
import type { HistoryLine } from "./driver/history.ts";
import { dump } from "./dump.ts";
import type { MachineLine, Meta } from "./facts.ts";
import { checkIndex, type IndexCheck } from "./index-check.ts";
import { Journal } from "./journal.ts";
import { POOLS } from "./load.ts";
import { calm } from "./nemeses/calm.ts";
import type { FaultLine } from "./nemeses/nemesis.ts";
import { Striker } from "./nemeses/striker.ts";
import { Sweep, type SweepSize } from "./nemeses/sweep.ts";
import { Random } from "./random.ts";
import { PROFILE, startWorld, type World } from "./world.ts";

/** What was disturbed has this long to be itself again before the outages that strike alone. */
const ALONE_AFTER_MS = 6_000;

/** How much happens in one episode. */
export interface EpisodeSize {
  jobs: number;
  faults: number;
  /** Between the beginnings of two faults, on average. */
  faultEveryMs: number;
  workers: number;
  slots: number;
  agents: number;
  clients: number;
  pauseMs: number;
  /** Waiting jobs of the farm at which the driver makes no more. */
  depth: number;
  /** The load ends after so long at the latest. */
  maxSeconds: number;
  /** How long after the last fault the queue may take to drain. */
  drainSeconds: number;
  /** Most jobs last so many times as long. */
  slowness?: number;
  /** Strike with these kinds alone. */
  kinds?: readonly string[];
  /** Sweep failpoints instead of striking with faults of every kind. */
  sweep?: SweepSize;
  /** The outages of one store alone at the end are left out. */
  noneAlone?: boolean;
}

/** What to play, and where. */
export interface EpisodeOptions {
  root: string;
  distDir: string;
  folder: string;
  seed: string;
  size: EpisodeSize;
  /** Where the list of failpoints is kept for all episodes. */
  pointsFile: string;
  say: (sentence: string) => void;
}

/**
 * One whole story in a world of its own: load and faults at once, then calm, a look at the index of a queue that nobody serves, the
 * draining of everything, and the dump. What checkers read is in `<folder>/journals` afterwards.
 */
export async function playEpisode(options: EpisodeOptions): Promise<string> {
  const { folder, size, say } = options;
  mkdirSync(folder, { recursive: true });
  const deaths = new Journal<object>(path.join(folder, "deaths.jsonl"));
  const world = await startWorld({
    ...options,
    ...size,
    pushes: Math.ceil(size.jobs / 60) + 4,
    onDeath: (name, code, signal) => deaths.write({ at: nowMs(), name, code, signal }),
  });
  try {
    say("the world is up");
    const { meta, readers } = await loadAndStrike(world, options);
    say("calm; the queue drains");
    await drain(world, meta, readers);
    writeFileSync(path.join(world.journals, "meta.json"), JSON.stringify(meta));
    const { postgres, redis } = world.stores;
    await dump(world.journals, postgres.url, redis.url, world.dataFolder);
  } finally {
    await world.stop();
  }
  return world.journals;
}

/** Everything that acts in an episode: the load, the readers, and what goes wrong. */
function cast(world: World, { seed, size, pointsFile }: EpisodeOptions) {
  const journal = <Line extends object>(name: string) => new Journal<Line>(path.join(world.journals, name));
  const random = new Random(seed);
  const client = new Client(world.urls.driver, world.people, journal<HistoryLine>("history.jsonl"));
  const databaseUrl = world.stores.postgres.url;
  const driver = new Driver({ client, databaseUrl, source: world.source, random, ...size });
  const stream = journal<StreamLine>("stream.jsonl");
  const readers = ["reader-1", "reader-2"].map(
    (name) => new EventReader(name, world.urls.reader, world.people.dana, stream, random),
  );
  const trouble = { world, random: new Random(`${seed} faults`), journal: journal<FaultLine>("faults.jsonl") };
  const striker = new Striker({ ...trouble, everyMs: size.faultEveryMs, faults: size.faults, kinds: size.kinds });
  const faults = size.sweep ? new Sweep({ ...trouble, ...size.sweep, pointsFile }) : striker;
  return { driver, readers, striker, faults };
}

/** Load and faults until both have done what the size asks for; then each store's outage alone; then the last words of the driver. */
async function loadAndStrike(world: World, options: EpisodeOptions): Promise<{ meta: Meta; readers: EventReader[] }> {
  const { seed, size, say } = options;
  const { driver, readers, striker, faults } = cast(world, options);
  const startedAt = nowMs();
  for (const part of [driver, faults, ...readers]) part.start();
  const machine = watchMachine(world.journals);
  for (let seconds = 0; seconds < size.maxSeconds; seconds++) {
    if (faults.satisfied && (driver.satisfied || size.sweep)) break;
    await pass(1000);
    if (seconds % 30 === 29) say(`${driver.total} jobs, ${faults.count} faults`);
  }
  await faults.stop();
  await calm(world);
  if (!size.noneAlone) {
    await pass(ALONE_AFTER_MS);
    await striker.strikeAlone();
  }
  const calmAt = nowMs();
  await driver.stop();
  clearInterval(machine);
  const { lease: leaseSeconds, sweep: sweepSeconds } = PROFILE;
  const profile = { seed, leaseSeconds, sweepSeconds, drainSeconds: size.drainSeconds };
  const times = { wallOffsetMs: wallOffsetMs(), startedAt, calmAt, drainedAt: null, parkedFrom: null };
  return { meta: { ...profile, ...times }, readers };
}

/** Writes down how busy the machine is, so that nobody takes its lateness for the product's. */
function watchMachine(folder: string): NodeJS.Timeout {
  const journal = new Journal<MachineLine>(path.join(folder, "machine.jsonl"));
  return setInterval(() => {
    journal.write({ at: nowMs(), load: loadavg()[0] ?? 0, cores: availableParallelism() });
  }, 1_000);
}

/** Waits for the end of everything, compares the stores on the way, and ends the readers when they have seen the last event. */
async function drain(world: World, meta: Meta, readers: readonly EventReader[]): Promise<void> {
  const { postgres, redis } = world.stores;
  const deadline = meta.calmAt + meta.drainSeconds * 1000;
  const checks = new Journal<IndexCheck>(path.join(world.journals, "index-checks.jsonl"));
  const stores = { databaseUrl: postgres.url, redisUrl: redis.url };
  checks.write(await checkIndex(stores, POOLS.parked, 30_000));
  await untilDone(postgres.url, `p.name <> '${POOLS.parked}'`, deadline);
  checks.write(await checkIndex(stores, POOLS.parked, 10_000));
  meta.parkedFrom = nowMs();
  await world.addWorker(POOLS.parked);
  if (await untilDone(postgres.url, "true", deadline)) meta.drainedAt = nowMs();
  await untilNothing(postgres.url, "SELECT 1 FROM runs WHERE state IN ('running', 'cancelling') LIMIT 1", deadline);
  await untilTold(postgres.url, readers);
  for (const pool of Object.values(POOLS)) checks.write(await checkIndex(stores, pool, 10_000));
  await Promise.all(readers.map((reader) => reader.stop()));
}

/** True when all jobs of these pools are done before the deadline. */
function untilDone(url: string, pools: string, deadline: number): Promise<boolean> {
  const open = `SELECT 1 FROM jobs j JOIN pools p ON p.id = j.pool_id WHERE j.state <> 'done' AND ${pools} LIMIT 1`;
  return untilNothing(url, open, deadline);
}

/** True when the query finds nothing any more before the deadline. */
async function untilNothing(url: string, query: string, deadline: number): Promise<boolean> {
  const client = new Postgres({ connectionString: url });
  await client.connect();
  try {
    for (;;) {
      if ((await client.query(query)).rowCount === 0) return true;
      if (nowMs() > deadline) return false;
      await pass(250);
    }
  } finally {
    await client.end();
  }
}

/** Until every event and audit row has its number and every reader has seen the last one, or half a minute is over. */
async function untilTold(url: string, readers: readonly EventReader[]): Promise<void> {
  const client = new Postgres({ connectionString: url });
  await client.connect();
  try {
    for (let tries = 0; tries < 120; tries++) {
      const { rows } = await client.query<{ open: number; last: number }>(
        `SELECT (SELECT count(*) FROM events WHERE seq IS NULL)::int + (SELECT count(*) FROM audit_entries WHERE seq IS NULL)::int AS open,
                (SELECT max(seq) FROM events)::int AS last`,
      );
      const [row] = rows;
      if (row?.open === 0 && readers.every((reader) => reader.last === row.last)) return;
      await pass(250);
    }
  } finally {
    await client.end();
  }
}
