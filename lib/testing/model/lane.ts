import { createHash, randomUUID } from "node:crypto";
import type { SchedulerContext } from "../../scheduler/context.ts";
import { registerWorker } from "../../scheduler/register-worker.ts";
import { type TestContext, testContext } from "../context.ts";
import { type Farm, makeFarm } from "../farm.ts";
import { uniqueName } from "../rows.ts";
import { SLOTS, WORKERS } from "./moves.ts";

const TOKEN = "the token of the pool";

/** A build machine as it knows itself. */
export interface Agent {
  name: string;
  /** With the start of which the server has told it. */
  ctx: SchedulerContext;
  /** The claim that each slot made last. */
  claims: Map<number, string>;
}

/** Stores of its own in which histories are played one after the other, on one farm. */
export class Lane {
  readonly test: TestContext;
  readonly farm: Farm;
  readonly agents: Agent[];
  /** How many processes died, of these in a transaction, and how many stood still; how many did not get a lock in time. */
  readonly struck = { died: 0, undone: 0, froze: 0, unavailable: 0 };

  private constructor(test: TestContext, farm: Farm, agents: Agent[]) {
    this.test = test;
    this.farm = farm;
    this.agents = agents;
  }

  /** Opens the stores and lets the workers begin. */
  static async open(): Promise<Lane> {
    const opened = await testContext();
    // A hint that is lost costs nothing here, where everybody looks when told to; so all are.
    const signals = { send: () => {}, next: async () => false, listen: () => () => {} };
    const quiet: SchedulerContext = { ...opened.ctx, signals };
    const test: TestContext = { ...opened, ctx: quiet, as: (actor) => ({ ...quiet, actor }) };
    const farm = await makeFarm(test);
    const hash = createHash("sha256").update(TOKEN).digest("hex");
    await test.sql.count("UPDATE pools SET token_hash = $1, merge_when = 'always'", [hash]);
    const names = Array.from({ length: WORKERS }, () => uniqueName("worker"));
    const agents = names.map((name) => ({ name, ctx: quiet, claims: new Map() }));
    const lane = new Lane(test, farm, agents);
    for (const agent of agents) agent.ctx = await lane.boot(agent, quiet);
    return lane;
  }

  /** Starts a worker anew; answers the context of its new session. */
  async boot({ name }: Agent, by: SchedulerContext): Promise<SchedulerContext> {
    const bootId = randomUUID();
    const { workerId } = await registerWorker(by, {
      worker: name,
      bootId,
      slots: SLOTS,
      pools: [this.farm.pool],
      token: TOKEN,
      platform: "linux",
      version: "1",
      speed: 1,
    });
    return this.test.as({ kind: "worker", workerId, bootId, name, via: `worker:${workerId}`, ip: null });
  }
}
