import { expect } from "vitest";
import { loseRun } from "../../scheduler/lose-run.ts";
import { numberEvents } from "../../scheduler/relay/number-events.ts";
import { sweepQueue } from "../../scheduler/relay/sweep-queue.ts";
import { resumeCommands } from "../../scheduler/resume-commands.ts";
import type { History } from "./history.ts";
import { readBrokenNumbers } from "./invariants.ts";
import { SLOTS } from "./moves.ts";

const LIVE = `
  SELECT DISTINCT r.id FROM runs r JOIN run_members m ON m.run_id = r.id
  WHERE m.job_id > $1 AND r.state IN ('running', 'cancelling')`;
const MOST_ROUNDS = 40;

/**
 * No more faults: what stands still goes on, commands are completed, Redis becomes what PostgreSQL says, and every job comes to an end.
 * `after`: the last job before the history.
 */
export async function drain(history: History, after: number): Promise<void> {
  const { lane, witness, workers, processes } = history;
  const { sql, ctx } = lane.test;
  while (await processes.thaw());
  for (const agent of lane.agents) await workers.reboot(null, agent);
  for (const { id } of await sql.rows<{ id: number }>(LIVE, [after])) await loseRun(ctx, id, "slot");
  await history.stallCommands();
  await resumeCommands(ctx);
  await sweepQueue(ctx); // makes it anew when it was lost
  await lane.farm.relay();
  await sweepQueue(ctx);
  await witness.check();
  await witness.checkQueue();

  for (let round = 0; round < MOST_ROUNDS; round++) {
    const before = witness.runs.length;
    for (const agent of lane.agents) {
      const next = await witness.next(agent);
      const claims = witness.runs.length;
      await workers.claim(null, agent, round % SLOTS);
      const got = witness.runs.slice(claims).flatMap(({ jobIds }) => jobIds);
      if (next !== undefined) expect(got, "a worker gets the head of the order").toContain(next);
    }
    for (const run of witness.runs.slice(before)) await workers.finish(null, run, "success");
    await lane.farm.relay();
    if (witness.runs.length === before) break;
  }
  await witness.checkOver();
  while ((await numberEvents(ctx)).more);
  expect(await readBrokenNumbers(sql)).toEqual([]);
}
