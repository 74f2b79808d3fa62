import { readFileSync } from "node:fs";
import path from "node:path";
import { type Farm, POOL, startFarm } from "../../e2e/faults/farm.ts";
import { mintToken } from "../../lib/auth/tokens.ts";
import { type Database, openDatabase } from "../../lib/db/sql.ts";
import { inFlight } from "./in-flight.ts";
import { JsonClient } from "./json-client.ts";
import { ScriptedWorker } from "./scripted-worker.ts";

/** As many different jobs are retriggered in turn, as on a farm where no two people ask for the same one at once. */
const ORIGINALS = 32;
const SUBMITTERS = 16;
const REGISTERING = 8;
/** Waiting jobs beyond which nobody submits more: what is measured is what can be sustained. */
const BACKLOG = 200;

/** What a time of sustained load has shown. */
export interface Load {
  /** Jobs that ended per second, by their rows. */
  jobsPerSecond: number;
  /** How long each submission took, in ms. */
  submitMs: number[];
}

/** The product under load: one web process, one timer, real services, and workers that do nothing but speak the wire. */
export class SelfServe {
  private readonly farm: Farm;
  private readonly sql: Database;
  private readonly client: JsonClient;
  private readonly token: string;
  private readonly originals: number[];
  private readonly workers: ScriptedWorker[] = [];
  private submitted = 0;

  private constructor(farm: Farm, sql: Database, client: JsonClient, token: string, originals: number[]) {
    this.farm = farm;
    this.sql = sql;
    this.client = client;
    this.token = token;
    this.originals = originals;
  }

  /** Starts everything; the workers wait for work when it resolves. */
  static async start(workers: number): Promise<SelfServe> {
    const farm = await startFarm({ workers: [], slots: 1, leaseSeconds: 60 });
    const sql = openDatabase({ url: farm.product.env.DATABASE_URL ?? "", applicationName: "bench", max: 4 });
    const { id } = await sql.one<{ id: number }>(
      "INSERT INTO users (directory_id, login, name, groups) VALUES ('bench', 'bench', 'Bench', '{sheriffs}') RETURNING id",
    );
    const scopes = ["read", "jobs:write"] as const;
    const token = await mintToken(sql, { kind: "user", userId: id, name: "bench", scopes, expiresInDays: 1 });
    const originals = await makeOriginals(farm, sql);
    const bench = new SelfServe(farm, sql, new JsonClient(farm.product.url), token.secret, originals);
    await bench.startWorkers(workers);
    return bench;
  }

  /** Submits jobs as fast as they are worked off, for so long after a warm-up, and counts the rows of those that ended. */
  async load(warmUpMs: number, measureMs: number): Promise<Load> {
    const submitMs: number[] = [];
    let from = Number.POSITIVE_INFINITY;
    const until = performance.now() + warmUpMs + measureMs;
    const submitting = inFlight(SUBMITTERS, async () => {
      const began = performance.now();
      if (began >= until) return false;
      await this.submit();
      if (began >= from) submitMs.push(performance.now() - began);
      await this.backlogBelow(BACKLOG);
      return true;
    });
    await pause(warmUpMs);
    from = performance.now();
    const [before, startedAt] = [await this.ended(), performance.now()];
    await pause(measureMs);
    const jobs = (await this.ended()) - before;
    const jobsPerSecond = (1_000 * jobs) / (performance.now() - startedAt);
    await submitting;
    await this.idle();
    return { jobsPerSecond, submitMs };
  }

  /** Milliseconds from the sending of a job to the moment that one of the waiting workers has it, one job after the other. */
  async handOffs(count: number): Promise<number[]> {
    const elapsed: number[] = [];
    for (let index = 0; index < count; index++) {
      await this.idle();
      const handed = Promise.withResolvers<number>();
      for (const worker of this.workers) worker.onWork = () => handed.resolve(performance.now());
      const began = performance.now();
      await this.submit();
      elapsed.push((await handed.promise) - began);
    }
    return elapsed;
  }

  async stop(): Promise<void> {
    const stopping = this.workers.map((worker) => worker.stop());
    this.client.close();
    await Promise.all(stopping);
    await this.sql.close();
    await this.farm.stop();
  }

  private async startWorkers(count: number): Promise<void> {
    const token = readFileSync(path.join(path.dirname(this.farm.product.env.CONFIG_FILE ?? ""), "token"), "utf8");
    let next = 0;
    await inFlight(REGISTERING, async () => {
      if (next >= count) return false;
      next += 1;
      const given = { name: `bench-${next}`, pool: POOL, token };
      this.workers.push(await ScriptedWorker.register(this.client, given));
      return true;
    });
    for (const worker of this.workers) worker.start();
    await this.idle();
  }

  private async submit(): Promise<void> {
    const original = this.originals[this.submitted++ % this.originals.length];
    await this.client.post(`/api/v1/jobs/${original}/retrigger`, this.token, { count: 1 });
  }

  private async ended(): Promise<number> {
    return (await this.sql.one<{ jobs: number }>("SELECT count(*) AS jobs FROM jobs WHERE state = 'done'")).jobs;
  }

  private async waiting(): Promise<number> {
    return (await this.sql.one<{ jobs: number }>("SELECT count(*) AS jobs FROM jobs WHERE state <> 'done'")).jobs;
  }

  private backlogAt = 0;
  private backlog = 0;

  /** Looks at the rows ten times a second at most, for all submitters together. */
  private async backlogBelow(limit: number): Promise<void> {
    for (;;) {
      if (performance.now() - this.backlogAt > 100) {
        this.backlogAt = performance.now();
        this.backlog = await this.waiting();
      }
      if (this.backlog < limit) return;
      await pause(20);
    }
  }

  private async idle(): Promise<void> {
    while ((await this.waiting()) > 0) await pause(20);
  }
}

/** One push whose builders are the originals; any worker may have ended them. */
async function makeOriginals(farm: Farm, sql: Database): Promise<number[]> {
  const builders = Array.from({ length: ORIGINALS }, (_, index) => ({
    name: `bench-${index}`,
    platform: "linux",
    kind: "build",
    pool: POOL,
    steps: [{ name: "nothing", run: "true" }],
  }));
  farm.repository.push({ ".selfserve.yml": JSON.stringify({ version: 1, builders }) });
  for (;;) {
    const rows = await sql.rows<{ id: number }>("SELECT id FROM jobs ORDER BY id");
    if (rows.length === ORIGINALS) return rows.map((row) => row.id);
    await pause(100);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
