import { setTimeout as pass } from "node:timers/promises";
import type { Random } from "../random.ts";
import type { PreparedSource } from "../source.ts";
import type { Client } from "./client.ts";
import { type Moment, OPERATIONS } from "./operations.ts";
import { type Snapshot, SnapshotReader } from "./snapshot.ts";

/** How much the driver asks of the product. */
export interface DriverOptions {
  client: Client;
  databaseUrl: string;
  source: PreparedSource;
  random: Random;
  /** It makes jobs until there are this many. */
  jobs: number;
  /** So many jobs of the farm may be open at once. */
  depth: number;
  /** How many people and scripts talk at once. */
  clients: number;
  /** A pause of each of them between two operations, in ms. */
  pauseMs: number;
}

/** The load: people and scripts that submit, look, cancel, move, run again, undo and split. */
export class Driver {
  private readonly options: DriverOptions;
  private readonly reader: SnapshotReader;
  private snapshot: Snapshot = { open: [], total: 0, done: [] };
  private readonly commands: number[] = [];
  private stopped = false;
  private running: Promise<unknown> = Promise.resolve();

  constructor(options: DriverOptions) {
    this.options = options;
    this.reader = new SnapshotReader(options.databaseUrl);
  }

  /** How many jobs there are in all, as far as it knows. */
  get total(): number {
    return this.snapshot.total;
  }

  /** Whether it has made all the jobs that it was to make. */
  get satisfied(): boolean {
    return this.snapshot.total >= this.options.jobs;
  }

  start(): void {
    const { clients } = this.options;
    this.running = Promise.all([this.watch(), ...Array.from({ length: clients }, (_, index) => this.act(index === 0))]);
  }

  /** Ends the load; resolves when the last operation is over. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
    this.reader.close();
  }

  private async watch(): Promise<void> {
    while (!this.stopped) {
      this.snapshot = await this.reader.read();
      await pass(400);
    }
  }

  /** The first client makes the jobs; the others do what people do to them. */
  private async act(maker: boolean): Promise<void> {
    const { random, pauseMs } = this.options;
    const weighted = OPERATIONS.flatMap(({ weight, perform }) => Array<typeof perform>(weight).fill(perform));
    while (!this.stopped) {
      if (maker) await this.make();
      else if (this.snapshot.total > 0) await random.pick(weighted)(this.moment());
      await pass(random.between(0, 2 * pauseMs));
    }
  }

  private moment(): Moment {
    const { client, random } = this.options;
    return { client, random, open: this.snapshot.open, done: this.snapshot.done, commands: this.commands };
  }

  private async make(): Promise<void> {
    const { source, client, random, depth } = this.options;
    const waiting = this.snapshot.open.filter((job) => job.pool === "farm" && job.state === "queued").length;
    if (this.satisfied || waiting >= depth) {
      await pass(200);
      return;
    }
    const ref = this.snapshot.total === 0 ? "poison" : random.pick(["main", "main", "beta", "agents"]);
    const move = source.push(ref);
    if (!move) {
      await this.makeMore();
      return;
    }
    const body = { repository: "campaign", ...move, pusher: "dev" };
    await client.call({ op: "push", actor: "hook", method: "POST", path: "/pushes", body, revision: move.after });
    this.snapshot = await this.reader.read();
  }

  private async makeMore(): Promise<void> {
    const { client, random } = this.options;
    if (this.snapshot.done.length === 0) return;
    const jobId = random.pick(this.snapshot.done);
    const count = 5 + random.below(20);
    const path = `/jobs/${jobId}/retrigger`;
    await client.call({ op: "retrigger", actor: "dev", method: "POST", path, body: { count }, jobIds: [jobId], count });
    this.snapshot = await this.reader.read();
  }
}
