import type { Random } from "../random.ts";
import type { Call, Client, Outcome } from "./client.ts";
import type { ActorName } from "./history.ts";
import type { KnownJob } from "./snapshot.ts";

/** What an operation chooses from. */
export interface Moment {
  client: Client;
  random: Random;
  open: readonly KnownJob[];
  done: readonly number[];
  /** Commands that were answered, newest last. */
  commands: number[];
}

interface WeightedOperation {
  /** How often it is chosen, compared with the others. */
  weight: number;
  perform: (moment: Moment) => Promise<unknown>;
}

/** What people and scripts do to jobs. */
export const OPERATIONS: readonly WeightedOperation[] = [
  { weight: 5, perform: reprioritizeOne },
  { weight: 2, perform: reprioritizeMany },
  { weight: 2, perform: cancelOne },
  { weight: 1, perform: cancelMany },
  { weight: 2, perform: retriggerOne },
  { weight: 3, perform: undo },
  { weight: 1, perform: split },
  { weight: 6, perform: (moment) => read(moment, anyJob(moment)) },
  { weight: 1, perform: readQueue },
  { weight: 1, perform: explain },
];

const MOST_AT_ONCE = 30;

function anyJob({ random, open }: Moment): number | null {
  return open.length === 0 ? null : random.pick(open).id;
}

/** Mostly the owner, sometimes a sheriff, now and then somebody who may not. */
function somebody(random: Random): ActorName {
  return random.pick(["dev", "dev", "dev", "dev", "sheriff", "sheriff", "admin", "dana"]);
}

async function read({ client }: Moment, jobId: number | null): Promise<void> {
  if (jobId === null) return;
  await client.call({ op: "read", actor: "dev", method: "GET", path: `/jobs/${jobId}`, jobIds: [jobId] });
}

/** Makes a command, keeps it for an undo, and looks what became of one of its jobs. */
async function command(moment: Moment, call: Call): Promise<Outcome> {
  const outcome = await moment.client.call(call);
  const { commandId } = outcome.reply;
  if (commandId !== undefined) moment.commands.push(commandId);
  if (outcome.outcome === "ok" && moment.random.chance(0.7)) await read(moment, call.jobIds?.[0] ?? null);
  return outcome;
}

async function reprioritizeOne(moment: Moment): Promise<void> {
  const jobId = anyJob(moment);
  if (jobId === null) return;
  const priority = moment.random.below(21) - 10;
  const actor = somebody(moment.random);
  const path = `/jobs/${jobId}/priority`;
  await command(moment, {
    op: "reprioritize",
    actor,
    method: "PUT",
    path,
    body: { priority },
    jobIds: [jobId],
    priority,
  });
}

async function reprioritizeMany(moment: Moment): Promise<void> {
  const { random, open } = moment;
  const jobIds = some(random, open);
  if (jobIds.length === 0) return;
  const priority = random.below(11) - 5;
  const body = { kind: "reprioritize", jobIds, priority };
  await command(moment, {
    op: "reprioritize",
    actor: "dev",
    method: "POST",
    path: "/commands",
    body,
    jobIds,
    priority,
  });
}

async function cancelOne(moment: Moment): Promise<void> {
  const [jobId] = some(moment.random, moment.open);
  if (jobId === undefined) return;
  const actor = somebody(moment.random);
  const path = `/jobs/${jobId}/cancel`;
  await command(moment, { op: "cancel", actor, method: "POST", path, body: { reason: "campaign" }, jobIds: [jobId] });
}

async function cancelMany(moment: Moment): Promise<void> {
  const jobIds = some(moment.random, moment.open).slice(0, 4);
  if (jobIds.length === 0) return;
  const body = { kind: "cancel", jobIds };
  await command(moment, { op: "cancel", actor: "sheriff", method: "POST", path: "/commands", body, jobIds });
}

async function retriggerOne(moment: Moment): Promise<void> {
  const { random, done } = moment;
  if (done.length === 0) return;
  const jobId = random.pick(done);
  const path = `/jobs/${jobId}/retrigger`;
  const [actor, count] = [somebody(random), 1];
  await command(moment, { op: "retrigger", actor, method: "POST", path, body: { count }, jobIds: [jobId], count });
}

async function undo(moment: Moment): Promise<void> {
  const { random, commands } = moment;
  const commandId = random.chance(0.7) ? commands.at(-1) : commands.at(-1 - random.below(5));
  if (commandId === undefined) return;
  const path = `/commands/${commandId}/undo`;
  await command(moment, { op: "undo", actor: "sheriff", method: "POST", path, body: {}, commandId });
}

async function split(moment: Moment): Promise<void> {
  const running = moment.open.filter((job) => job.state === "running");
  if (running.length === 0) return;
  const jobId = moment.random.pick(running).id;
  const path = `/jobs/${jobId}/split`;
  await moment.client.call({ op: "split", actor: "sheriff", method: "POST", path, body: {}, jobIds: [jobId] });
}

async function readQueue({ client }: Moment): Promise<void> {
  await client.call({ op: "queue", actor: "dana", method: "GET", path: "/pools/farm/queue" });
}

async function explain(moment: Moment): Promise<void> {
  const jobId = anyJob(moment);
  if (jobId === null) return;
  const path = `/jobs/${jobId}/explanation`;
  await moment.client.call({ op: "explain", actor: "dev", method: "GET", path, jobIds: [jobId] });
}

function some(random: Random, open: readonly KnownJob[]): number[] {
  const count = Math.min(open.length, 2 + random.below(MOST_AT_ONCE));
  return random
    .shuffle(open.filter((job) => job.pool === "farm" || job.pool === "parked"))
    .slice(0, count)
    .map(({ id }) => id);
}
