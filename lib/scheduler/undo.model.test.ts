import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Command } from "../contracts/command.ts";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { expectSound, outcome } from "../testing/race.ts";
import { cancelJobs } from "./cancel-jobs.ts";
import type { SchedulerContext } from "./context.ts";
import { reprioritizeJobs } from "./reprioritize-jobs.ts";
import { undoCommand } from "./undo-command.ts";

// Random orders of cancel, reprioritize, undo and claim against a plain list of what each job should be. Every claim must get the job that
// the list says is next, so a restored job is at its exact place or the history fails.

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

/** Jobs 0 to 3 wait for nothing; 4 needs 0, and 5 needs 4. Runs do not end here. */
const NEEDS = [null, null, null, null, 0, 4] as const;
const BUILDERS = NEEDS.map((need, index) => ({ name: `job ${index}`, needs: need === null ? [] : [`job ${need}`] }));

interface Given {
  id: number;
  kind: "cancel" | "reprioritize";
  /** The jobs that it changed, with the priority that each had before. */
  changed: Map<number, number>;
  undone: boolean;
}

class Model {
  readonly jobs = NEEDS.map(() => ({
    priority: 0,
    ran: false,
    cancelledBy: null as Given | null,
    changedBy: null as object | null,
  }));
  readonly given: Given[] = [];

  ended(job: number): boolean {
    const need = NEEDS[job] ?? null;
    return this.jobs[job]?.cancelledBy !== null || (need !== null && this.ended(need));
  }

  waits(job: number): boolean {
    return !this.ended(job) && this.jobs[job]?.ran === false;
  }

  state(job: number): string {
    if (this.ended(job)) return this.jobs[job]?.cancelledBy ? "done cancelled" : "done skipped";
    if (this.jobs[job]?.ran) return "running null";
    return NEEDS[job] === null ? "queued null" : "blocked null";
  }

  next(): number | undefined {
    const queued = [0, 1, 2, 3].filter((job) => this.waits(job));
    return queued.sort((a, b) => (this.jobs[b]?.priority ?? 0) - (this.jobs[a]?.priority ?? 0) || a - b)[0];
  }

  /** Jobs are ended one after the other by their id: what was skipped on the way can no longer be cancelled. */
  cancel(given: Given, jobs: readonly number[]): void {
    const open = jobs.filter((job) => !this.ended(job));
    for (const job of open) {
      const row = this.jobs[job];
      if (row) row.cancelledBy = given;
      given.changed.set(job, 0);
    }
  }

  reprioritize(given: Given, jobs: readonly number[], priority: number): void {
    for (const job of jobs) {
      const row = this.jobs[job];
      if (!row || !this.waits(job) || row.priority === priority) continue;
      given.changed.set(job, row.priority);
      Object.assign(row, { priority, changedBy: given });
    }
  }

  undo(given: Given): void {
    given.undone = true;
    for (const [job, before] of [...given.changed].sort(([a], [b]) => a - b)) {
      const row = this.jobs[job];
      if (!row) continue;
      if (given.kind === "reprioritize") {
        if (this.waits(job) && row.changedBy === given) Object.assign(row, { priority: before, changedBy: {} });
        continue;
      }
      const need = NEEDS[job] ?? null; // what it needs has a lower id, so it is back by now if it comes back
      if (row.cancelledBy === given && !row.ran && (need === null || !this.ended(need))) row.cancelledBy = null;
    }
  }
}

const jobs = fc.uniqueArray(fc.nat(NEEDS.length - 1), { minLength: 1 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("cancel" as const), jobs }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("raise" as const), jobs, priority: fc.integer({ min: -3, max: 3 }) }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("undo" as const), back: fc.nat(4) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("claim" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

class History {
  readonly model = new Model();
  private readonly farm: Farm;
  private readonly ids: readonly number[];
  private readonly worker: SchedulerContext;
  private readonly submitted: number;
  private slots = 0;

  constructor(farm: Farm, ids: readonly number[], worker: SchedulerContext, submitted: number) {
    this.farm = farm;
    this.ids = ids;
    this.worker = worker;
    this.submitted = submitted;
  }

  async take(one: Step): Promise<void> {
    if (one.do === "claim") return this.claim();
    if (one.do === "undo") return this.undo(one.back);
    const jobIds = one.jobs.map((job) => this.ids[job] ?? 0);
    const kind = one.do === "cancel" ? ("cancel" as const) : ("reprioritize" as const);
    const command =
      one.do === "cancel"
        ? await cancelJobs(this.farm.as(), { jobIds })
        : await reprioritizeJobs(this.farm.as(), { jobIds, priority: one.priority });
    const given: Given = { id: command.id, kind, changed: new Map(), undone: false };
    this.model.given.push(given);
    if (one.do === "cancel") this.model.cancel(given, one.jobs);
    else this.model.reprioritize(given, one.jobs, one.priority);
    expect(this.doneOf(command)).toEqual([...given.changed.keys()].sort());
  }

  private async claim(): Promise<void> {
    await this.farm.relay();
    const next = this.model.next();
    const work = await this.farm.claim(this.worker, this.slots++);
    expect(work?.jobIds).toEqual(next === undefined ? undefined : [this.ids[next]]);
    const row = next === undefined ? undefined : this.model.jobs[next];
    if (row) row.ran = true;
  }

  private async undo(back: number): Promise<void> {
    const given = this.model.given.at(-1 - back);
    if (!given) return;
    const reply = await outcome(undoCommand(this.farm.as(), { commandId: given.id }));
    if (given.undone || given.changed.size === 0) return expect(reply).toBe("conflict");
    this.model.undo(given);
  }

  private doneOf({ items }: Command): number[] {
    return items.filter((item) => item.outcome === "done").map((item) => this.ids.indexOf(item.jobId));
  }

  /** Every row is what the list says, at the place that its submission and its priority give it. */
  async check(): Promise<void> {
    const rows = await test.sql.rows<{ state: string; priority: number; score: number }>(
      "SELECT state || ' ' || coalesce(result::text, 'null') AS state, priority, score FROM jobs WHERE id = ANY ($1::bigint[]) ORDER BY id",
      [this.ids],
    );
    expect(rows).toEqual(
      this.model.jobs.map(({ priority }, job) => ({
        state: this.model.state(job),
        priority,
        score: this.submitted - priority * 600_000,
      })),
    );
    await expectSound(test.sql, this.farm.poolId);
  }
}

it("puts jobs back to their exact places, in any order of commands, undos and claims", {
  timeout: 240_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const farm = await makeFarm(test);
      const ids = await farm.submit(...BUILDERS);
      const history = new History(farm, ids, await farm.worker(20), (await farm.job(ids[0] ?? 0)).score);
      for (const one of steps) {
        await history.take(one);
        await history.check();
      }
    }),
    { numRuns: 100, seed: 20261121, endOnFailure: true },
  );
});
