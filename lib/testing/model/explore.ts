import fc from "fast-check";
import { expect } from "vitest";
import { loseRun } from "../../scheduler/lose-run.ts";
import { numberEvents } from "../../scheduler/relay/number-events.ts";
import { sweepQueue } from "../../scheduler/relay/sweep-queue.ts";
import { resumeCommands } from "../../scheduler/resume-commands.ts";
import { History } from "./history.ts";
import { readBrokenNumbers } from "./invariants.ts";
import { Lane } from "./lane.ts";
import { history, SLOTS, type Step } from "./moves.ts";

/** How many histories to play, on how many lanes at once, from which seed. */
export interface Exploration {
  histories: number;
  lanes: number;
  seed: number;
  /** Makes a history that fails as short as possible before it is told. */
  shrinks: boolean;
}

/** What came of it. */
export interface Explored {
  played: number;
  seconds: number;
  /** The rule that a history broke, in a few words, and which history, and how to play it again. */
  broken: { rule: string; report: string } | null;
  /** How often each kind of event took place, and each fate struck; what never did was not tested. */
  seen: Record<string, number>;
}

/** Plays random histories on several lanes at once; all end with the first that breaks a rule. */
export async function explore({ histories, lanes, seed, shrinks }: Exploration): Promise<Explored> {
  const began = performance.now();
  let played = 0;
  let broken: Explored["broken"] = null;
  const seen: Explored["seen"] = {};
  const explored = Array.from({ length: lanes }, async (_, index) => {
    const stage = new Stage(seen);
    const property = fc.asyncProperty(history, async (steps) => {
      fc.pre(broken === null);
      played++;
      await stage.play(steps);
    });
    const numRuns = Math.ceil((histories - index) / lanes);
    const details = await fc.check(property, {
      numRuns,
      seed: seed + index,
      endOnFailure: !shrinks,
      maxSkipsPerRun: 1,
    });
    await stage.close();
    if (details.failed)
      broken ??= { rule: ruleOf(details.errorInstance), report: fc.defaultReportMessage(details) ?? "" };
  });
  await Promise.all(explored);
  return { played, seconds: (performance.now() - began) / 1000, broken, seen };
}

/** What was broken: by the name of a constraint of the database, or by the beginning of an error's message. */
function ruleOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("constraint" in error && typeof error.constraint === "string") return `constraint ${error.constraint}`;
  return (error.message.split("\n")[0] ?? "").split(": expected")[0] ?? "";
}

const SEEN = `
  SELECT type AS what, count(*) AS times FROM events GROUP BY type
  UNION ALL SELECT 'shared run', count(*) FROM (SELECT run_id FROM run_members GROUP BY run_id HAVING count(*) > 1) AS shared
  UNION ALL SELECT 'undone ' || item.outcome, count(*) FROM command_items item JOIN commands c ON c.id = item.command_id
    WHERE c.undo_of_id IS NOT NULL GROUP BY item.outcome`;

/** Where the histories of a lane are played; the stores of one that failed are not used again. */
class Stage {
  private readonly seen: Explored["seen"];
  private lane: Lane | null = null;

  constructor(seen: Explored["seen"]) {
    this.seen = seen;
  }

  async play(steps: readonly Step[]): Promise<void> {
    this.lane ??= await Lane.open();
    const { lane } = this;
    try {
      await playOne(lane, steps);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { lane } = this;
    if (!lane) return;
    this.lane = null;
    for (const [what, times] of Object.entries(lane.struck)) this.count(what, times);
    for (const { what, times } of await lane.test.sql.rows<{ what: string; times: number }>(SEEN))
      this.count(what, times);
    await lane.test.drop();
  }

  private count(what: string, times: number): void {
    this.seen[what] = (this.seen[what] ?? 0) + times;
  }
}

/** One history from its first push to the end of its last job. */
export async function playOne(lane: Lane, steps: readonly Step[]): Promise<void> {
  const { last } = await lane.test.sql.one<{ last: number }>("SELECT coalesce(max(id), 0) AS last FROM jobs");
  const history = new History(lane, last);
  await history.submit(null, 2);
  for (const step of steps) await history.play(step);
  await drain(history, last);
}

/** No more faults: what stands still goes on, Redis becomes what PostgreSQL says, and every job comes to an end, in the order of the queue. */
async function drain(history: History, after: number): Promise<void> {
  const { lane, witness } = history;
  const { sql, ctx } = lane.test;
  while (await history.thaw());
  for (const agent of lane.agents) await history.reboot(null, agent);
  const live =
    "SELECT DISTINCT r.id FROM runs r JOIN run_members m ON m.run_id = r.id WHERE m.job_id > $1 AND r.state IN ('running', 'cancelling')";
  for (const { id } of await sql.rows<{ id: number }>(live, [after])) await loseRun(ctx, id, "slot");
  await sweepQueue(ctx); // makes it anew when it was lost
  await lane.farm.relay();
  await sweepQueue(ctx);
  await witness.check();
  await witness.checkQueue();

  await history.stallCommands();
  await resumeCommands(ctx);
  await lane.farm.relay();

  for (let round = 0; round < 40; round++) {
    const before = witness.runs.length;
    for (const agent of lane.agents) await history.claim(null, agent, round % SLOTS);
    for (const run of witness.runs.slice(before)) await history.finish(null, run, "success");
    await lane.farm.relay();
    if (witness.runs.length === before) break;
  }
  await witness.checkOver();
  while ((await numberEvents(ctx)).more);
  expect(await readBrokenNumbers(sql)).toEqual([]);
}
