// Longer than other files, because it is one table: a violation for every checker, in the order of the checkers.
import { describe, expect, it } from "vitest";
import type { EventRow } from "../dump.ts";
import type { Facts, Fault } from "../facts.ts";
import { agents } from "./agents.ts";
import { CHECKERS } from "./all.ts";
import { auditChain } from "./audit-chain.ts";
import { clocks } from "./clocks.ts";
import { doubleCount } from "./double-count.ts";
import { eventSequence } from "./event-sequence.ts";
import { fence } from "./fence.ts";
import type { Checker } from "./finding.ts";
import { indexConvergence } from "./index-convergence.ts";
import { linearizability } from "./linearizability.ts";
import { liveRuns } from "./live-runs.ts";
import { logBytes } from "./log-bytes.ts";
import { lostAck } from "./lost-ack.ts";
import { malformed } from "./malformed.ts";
import { merging } from "./merging.ts";
import { overlap } from "./overlap.ts";
import { priorityOrder } from "./priority-order.ts";
import { readYourWrites } from "./read-your-writes.ts";
import { requeues } from "./requeues.ts";
import { storesAway } from "./stores-away.ts";
import { event, healthy, job, operation, run, time, word } from "./story.ts";
import { terminal } from "./terminal.ts";
import { times } from "./times.ts";

interface Planted {
  what: string;
  checker: Checker;
  plant: (facts: Facts) => unknown;
  says: RegExp;
}

const tell = (facts: Facts, at: number, type: string, part: Partial<EventRow> = {}) =>
  facts.events.push(event(facts, at, type, part));
const fault = (kind: string, parts: Fault["parts"], from: number, until: number, target = "somewhere"): Fault => ({
  id: 1,
  kind,
  target,
  parts,
  from,
  until,
});
const item = (outcome: string) => [{ jobId: 1, outcome, code: null, created: [] }];
/** The same work begins once more on another worker. */
const secondExecution = (facts: Facts, from: number, exclusive = false) =>
  facts.witness.push({
    ...word(from, { said: "start", runId: 2, slot: 0, jobIds: [1], exclusive }),
    worker: "worker-2",
    boot: "boot-2",
  });
const replaceWord = (facts: Facts, said: string, part: object) => {
  const index = facts.witness.findIndex((line) => line.said === said);
  facts.witness[index] = { ...facts.witness[index], ...part } as Facts["witness"][number];
};

const PLANTED: readonly Planted[] = [
  {
    what: "an acknowledged push that is gone",
    checker: lostAck,
    plant: (facts) => facts.pushes.pop(),
    says: /acknowledged as 1 and is not there/,
  },
  {
    what: "an acknowledged push without jobs",
    checker: lostAck,
    plant: (facts) => Object.assign(facts.pushes[0] ?? {}, { jobs: 0 }),
    says: /has 0 jobs/,
  },
  {
    what: "an acknowledged command that is gone",
    checker: lostAck,
    plant: (facts) => facts.commands.pop(),
    says: /is gone/,
  },
  {
    what: "a command that never goes on",
    checker: lostAck,
    plant: (facts) => Object.assign(facts.commands[0] ?? {}, { completed_at: null }),
    says: /not complete/,
  },
  {
    what: "an outcome that was changed",
    checker: lostAck,
    plant: (facts) => Object.assign(facts.items[0] ?? {}, { outcome: "done" }),
    says: /said unchanged of job 1, and kept done/,
  },
  {
    what: "a job that never ends",
    checker: lostAck,
    plant: (facts) => Object.assign(facts.jobs[0] ?? {}, { state: "queued" }),
    says: /never done/,
  },
  {
    what: "a queue that does not drain",
    checker: lostAck,
    plant: (facts) => Object.assign(facts.meta, { drainedAt: null }),
    says: /not drained/,
  },
  {
    what: "a cancel without an event",
    checker: lostAck,
    plant: (facts) => facts.history.push(operation({ op: "cancel", reply: { commandId: 1, items: item("done") } })),
    says: /has no job.cancelled/,
  },

  {
    what: "two results",
    checker: doubleCount,
    plant: (facts) => tell(facts, 6_500, "job.done", { run_id: 1, body: { result: "failure" } }),
    says: /ended 2 times/,
  },
  {
    what: "the result of a run that was replaced",
    checker: doubleCount,
    plant: (facts) => facts.members.push({ run_id: 2, job_id: 1, live: false, receipt: {} }),
    says: /Run 1 spoke for job 1, which run 2 had/,
  },
  {
    what: "another result than told",
    checker: doubleCount,
    plant: (facts) => Object.assign(facts.jobs[0] ?? {}, { result: "failure" }),
    says: /shows failure, but its end said success/,
  },
  {
    what: "a run that never ends",
    checker: doubleCount,
    plant: (facts) => facts.runs.push(run({ id: 2, state: "running" })),
    says: /Run 2 is running/,
  },

  {
    what: "a late finish that is taken",
    checker: fence,
    plant: (facts) => replaceWord(facts, "late", { answer: { status: 200 } }),
    says: /after its end was answered/,
  },
  {
    what: "a refusal without a reason",
    checker: fence,
    plant: (facts) => replaceWord(facts, "late", { answer: { status: 409 } }),
    says: /was answered {"status":409}/,
  },
  {
    what: "an accepted finish that is forgotten",
    checker: fence,
    plant: (facts) => Object.assign(facts.runs[0] ?? {}, { state: "lost", result: null }),
    says: /told to have ended success, but it is lost/,
  },
  {
    what: "a late result in the table",
    checker: fence,
    plant: (facts) => Object.assign(facts.runs[0] ?? {}, { reason: "Too late." }),
    says: /came too late/,
  },

  {
    what: "two executions at once",
    checker: overlap,
    plant: (facts) => secondExecution(facts, 4_000),
    says: /at once/,
  },
  {
    what: "a slot with two runs",
    checker: overlap,
    plant: (facts) =>
      facts.witness.push(word(4_000, { said: "start", runId: 2, slot: 0, jobIds: [2], exclusive: false })),
    says: /Slot 0 of worker-1 executed runs 1 and 2/,
  },
  {
    what: "an exclusive job twice at once, although its run was given up",
    checker: overlap,
    plant: (facts) => {
      replaceWord(facts, "start", { exclusive: true });
      tell(facts, 3_500, "run.lost", { run_id: 1, body: { cause: "expired" } });
      secondExecution(facts, 4_000, true);
    },
    says: /at once/,
  },

  {
    what: "a job in two live runs",
    checker: liveRuns,
    plant: (facts) => facts.events.splice(4, 0, { ...event(facts, 4_000, "job.started", { run_id: 2 }) }),
    says: /starts in run 2 while run 1 serves it/,
  },
  {
    what: "a slot with two live runs",
    checker: liveRuns,
    plant: (facts) => {
      facts.runs.push(run({ id: 2, claim_id: "claim-2" }));
      facts.events.splice(4, 0, event(facts, 4_000, "run.started", { run_id: 2, job_id: 2 }));
    },
    says: /run 2 begins in worker-1:0, which holds 1/,
  },
  {
    what: "a claim with two runs",
    checker: liveRuns,
    plant: (facts) => facts.runs.push(run({ id: 2 })),
    says: /has the runs 1,2/,
  },
  {
    what: "a member that stays live",
    checker: liveRuns,
    plant: (facts) => Object.assign(facts.members[0] ?? {}, { live: true }),
    says: /still a live member/,
  },

  {
    what: "an end that is left",
    checker: terminal,
    plant: (facts) => tell(facts, 6_500, "job.started", { run_id: 2, body: { state: "running" } }),
    says: /comes when it is done/,
  },
  {
    what: "an undo of a job that ran",
    checker: terminal,
    plant: (facts) => tell(facts, 6_500, "job.restored", { body: { state: "queued" } }),
    says: /although it has run/,
  },
  {
    what: "a row that its events do not tell",
    checker: terminal,
    plant: (facts) => Object.assign(facts.jobs[0] ?? {}, { state: "queued" }),
    says: /its events end with done/,
  },
  {
    what: "a reader who was told something else",
    checker: terminal,
    plant: (facts) => Object.assign(facts.stream[5] ?? {}, { type: "job.cancelled" }),
    says: /was shown as job.cancelled/,
  },

  {
    what: "a read of what never was",
    checker: linearizability,
    plant: (facts) => Object.assign(facts.history[2]?.reply.job ?? {}, { priority: 5 }),
    says: /not linearizable/,
  },
  {
    what: "a cancel of what is already done",
    checker: linearizability,
    plant: (facts) =>
      facts.history.push(
        operation({ op: "cancel", invokedAt: 6_300, returnedAt: 6_400, reply: { commandId: 2, items: item("done") } }),
      ),
    says: /not linearizable/,
  },
  {
    what: "a job that two claims got",
    checker: linearizability,
    plant: (facts) => {
      facts.witness.push(
        word(4_500, {
          said: "claim",
          claimId: "claim-2",
          slot: 1,
          sentAt: 4_000,
          tries: 1,
          runId: 2,
          jobIds: [1],
          pool: "farm",
        }),
      );
      facts.members.push({ run_id: 2, job_id: 1, live: false, receipt: {} });
    },
    says: /not linearizable/,
  },

  {
    what: "a lease that was ended too soon",
    checker: requeues,
    plant: (facts) => tell(facts, 5_000, "run.lost", { run_id: 1, body: { cause: "expired" } }),
    says: /lost 1100 ms after a heartbeat/,
  },
  {
    what: "a lease that Redis cost",
    checker: requeues,
    plant: (facts) => {
      facts.faults.push(fault("redis: FLUSHALL", ["redis"], 9_000, 9_000));
      tell(facts, 15_000, "run.lost", { run_id: 1, body: { cause: "expired" } });
    },
    says: /although nothing was wrong/,
  },
  {
    what: "a poison job that goes on",
    checker: requeues,
    plant: (facts) => facts.jobs.push(job({ id: 2, builder: "poison", result: "success" })),
    says: /ended success after 0 losses/,
  },

  {
    what: "a death that nobody notices",
    checker: times,
    plant: (facts) => {
      facts.faults.push(fault("kill -9 worker", ["worker"], 4_000, 4_000, "worker-1"));
      for (const line of facts.events) if (line.type === "run.done") line.created_at = time(60_000);
    },
    says: /given up only 56000 ms later/,
  },
  {
    what: "an order that arrives late",
    checker: times,
    plant: (facts) => {
      facts.witness.splice(-2);
      tell(facts, 4_000, "run.cancelling", { run_id: 1 });
      facts.witness.push(word(30_000, { said: "beat", sentAt: 29_000, runs: [{ runId: 1, order: "cancel" }] }));
    },
    says: /heard only after 26000 ms/,
  },

  {
    what: "a job that is passed over again and again",
    checker: priorityOrder,
    plant: (facts) => {
      facts.events.splice(0);
      for (const id of [1, 2, 3]) {
        facts.jobs[id - 1] = job({ id });
        facts.runs[id - 1] = run({ id, base_job_id: id });
        tell(facts, 1_000, "job.created", { job_id: id, body: { state: "queued" } });
      }
      for (const [id, at] of [
        [2, 10_000],
        [3, 30_000],
      ] as const) {
        tell(facts, at, "run.started", { job_id: id, run_id: id });
        tell(facts, at, "job.started", { job_id: id, run_id: id, body: { state: "running" } });
      }
    },
    says: /Job 3 .* was claimed although job 1 .* had been passed over for 20.0 s/,
  },
  {
    what: "a frozen queue out of order",
    checker: priorityOrder,
    plant: (facts) => {
      facts.meta.parkedFrom = 2_000;
      facts.jobs = [job({ pool: "parked" }), job({ id: 2, pool: "parked" })];
      facts.runs[0] = run({ base_job_id: 2 });
      facts.events.splice(0);
      for (const id of [1, 2]) tell(facts, 1_000, "job.created", { job_id: id, body: { state: "queued" } });
      tell(facts, 3_000, "run.started", { job_id: 2, run_id: 1 });
    },
    says: /Job 2 .* was claimed although job 1/,
  },
  {
    what: "a score that is not the place's",
    checker: priorityOrder,
    plant: (facts) => Object.assign(facts.jobs[0] ?? {}, { score: 5 }),
    says: /has the score 5/,
  },

  {
    what: "a shared run that ends its jobs differently",
    checker: merging,
    plant: (facts) => {
      facts.jobs.push(job({ id: 2, result: "failure" }));
      facts.members.push({ run_id: 1, job_id: 2, live: false, receipt: {} });
    },
    says: /Run 1 ended success with job 2 in it, which ended failure/,
  },
  {
    what: "a run of two kinds of work",
    checker: merging,
    plant: (facts) => {
      facts.jobs.push(job({ id: 2, builder: "another" }));
      facts.members.push({ run_id: 1, job_id: 2, live: false, receipt: {} });
    },
    says: /serves different work/,
  },

  {
    what: "a change without a number",
    checker: eventSequence,
    plant: (facts) => Object.assign(facts.events[5] ?? {}, { seq: null }),
    says: /has no number/,
  },
  {
    what: "a gap",
    checker: eventSequence,
    plant: (facts) => Object.assign(facts.events[5] ?? {}, { seq: 9 }),
    says: /After number 5 comes number 9/,
  },
  {
    what: "a reader who missed something",
    checker: eventSequence,
    plant: (facts) => facts.stream.splice(3, 1),
    says: /saw number 4 after 2/,
  },
  {
    what: "a reader who was told to begin anew",
    checker: eventSequence,
    plant: (facts) => facts.stream.push({ at: 1, reader: "reader-1", saw: "resync", seq: 6 }),
    says: /told to read everything anew/,
  },
  {
    what: "events out of order",
    checker: eventSequence,
    plant: (facts) => [
      Object.assign(facts.events[1] ?? {}, { seq: 3 }),
      Object.assign(facts.events[2] ?? {}, { seq: 2 }),
    ],
    says: /has a later number/,
  },

  {
    what: "a file with other bytes",
    checker: logBytes,
    plant: (facts) => Object.assign(facts.runs[0] ?? {}, { file_sha256: "cd".repeat(32) }),
    says: /The log of run 1/,
  },
  {
    what: "accepted bytes that are gone",
    checker: logBytes,
    plant: (facts) => Object.assign(facts.runs[0] ?? {}, { log_bytes: 4 }),
    says: /10 bytes were accepted and 4 are there/,
  },

  {
    what: "an edited audit row",
    checker: auditChain,
    plant: (facts) => Object.assign(facts.audit[0] ?? {}, { actor: "somebody else" }),
    says: /not what its hash says/,
  },
  {
    what: "a removed audit row",
    checker: auditChain,
    plant: (facts) => facts.audit.shift(),
    says: /After link 0 comes link 2/,
  },
  {
    what: "a claim without an audit row",
    checker: auditChain,
    plant: (facts) => facts.runs.push(run({ id: 2 })),
    says: /claim of run 2 is not audited/,
  },
  {
    what: "a command without an audit row",
    checker: auditChain,
    plant: (facts) => facts.history.push(operation({ op: "cancel", reply: { commandId: 9, items: item("done") } })),
    says: /asked to cancel job 1 in command 9/,
  },

  {
    what: "stores that do not agree",
    checker: indexConvergence,
    plant: (facts) => Object.assign(facts.indexChecks[0] ?? {}, { tookMs: null }),
    says: /The queue of parked with 3 jobs differs/,
  },
  {
    what: "a key that nobody owns",
    checker: indexConvergence,
    plant: (facts) => facts.keys.push({ key: "left", type: "string", size: 1, ttl: -1 }),
    says: /belongs to nobody/,
  },
  {
    what: "a queue that keeps what is done",
    checker: indexConvergence,
    plant: (facts) => Object.assign(facts.keys[0] ?? {}, { size: 2 }),
    says: /still holds 2 members/,
  },

  {
    what: "a request that fails without Redis",
    checker: storesAway,
    plant: (facts) => {
      facts.faults.push(fault("redis: kill -9", ["redis"], 20_000, 30_000));
      const tries = [{ sentAt: 22_000, at: 22_100, status: 503, retryAfter: true }];
      facts.history.push(operation({ op: "cancel", outcome: "fail", tries }));
    },
    says: /answered 503 while only Redis was disturbed/,
  },
  {
    what: "an answer that PostgreSQL cannot have given",
    checker: storesAway,
    plant: (facts) => {
      facts.faults.push(fault("postgres: immediate restart", ["postgres"], 20_000, 30_000));
      facts.history.push(operation({ op: "cancel", invokedAt: 22_000, returnedAt: 22_100 }));
    },
    says: /answered 200 without Retry-After/,
  },

  {
    what: "a write that is not read",
    checker: readYourWrites,
    plant: (facts) => {
      facts.history.push(
        operation({
          op: "reprioritize",
          priority: 7,
          invokedAt: 2_000,
          returnedAt: 2_100,
          reply: { items: item("done") },
        }),
        operation({
          op: "read",
          invokedAt: 2_200,
          returnedAt: 2_300,
          reply: { job: { id: 1, state: "queued", result: null, priority: 0, runId: null } },
        }),
      );
    },
    says: /given the priority 7, and is read with 0/,
  },

  {
    what: "a time by a wrong clock",
    checker: clocks,
    plant: (facts) => Object.assign(facts.jobs[0] ?? {}, { ended_at: time(3_600_000) }),
    says: /The end of job 1 is dated/,
  },
  {
    what: "a server that stumbles over nonsense",
    checker: malformed,
    plant: (facts) => facts.faults.push({ ...fault("malformed requests", [], 1, 2), detail: "[401,500]" }),
    says: /answered 500/,
  },
  {
    what: "a success that never happened",
    checker: agents,
    plant: (facts) => {
      facts.jobs.push(job({ id: 2, pool: "agents" }));
      facts.agentWords.push({ word: "start", jobId: 2 });
    },
    says: /began 1 times and ended 0 times/,
  },
];

it.each(CHECKERS)("$name finds nothing wrong with a story in which all is well", (checker) => {
  expect(checker(healthy()).violations).toEqual([]);
});

it("has a planted violation for every checker", () => {
  const missed = CHECKERS.filter((checker) => !PLANTED.some((planted) => planted.checker === checker));
  expect(missed.map(({ name }) => name)).toEqual([]);
});

describe("a planted violation is found", () => {
  it.each(PLANTED)("$what", ({ checker, plant, says }) => {
    const facts = healthy();
    plant(facts);
    expect(checker(facts).violations.join("\n")).toMatch(says);
  });
});
