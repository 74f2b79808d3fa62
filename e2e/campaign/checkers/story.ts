import { auditHash } from "../../../lib/scheduler/relay/audit-hash.ts";
import type { Operation } from "../driver/history.ts";
import type { AuditRowDump, EventRow, JobRow, RunRow } from "../dump.ts";
import type { Facts } from "../facts.ts";
import type { WitnessLine, Word } from "../worker/witness.ts";

// A short story in which every rule holds, for tests that break one of them. Monotonic times are those of the database minus `OFFSET`.

const OFFSET = 1_790_000_000_000;
const DIGEST = "ab".repeat(32);

/** A database's time, so many ms after the beginning. */
export function time(at: number): string {
  return new Date(OFFSET + at).toISOString();
}

/** A word of worker-1. */
export function word(at: number, said: Word): WitnessLine {
  return { at, worker: "worker-1", boot: "boot-1", ...said } as WitnessLine;
}

/** A job that was done with success at 6,000 ms by run 1. */
export function job(part: Partial<JobRow> = {}): JobRow {
  const submitted = 1_000;
  return {
    id: 1,
    pool_id: 1,
    branch_id: 1,
    state: "done",
    result: "success",
    reason: null,
    priority: 0,
    score: OFFSET + submitted,
    submitted_at: time(submitted),
    queued_at: time(submitted),
    started_at: time(3_000),
    ended_at: time(6_000),
    queue_version: 3,
    dirty: false,
    ever_ran: true,
    lost_count: 0,
    avoid_worker_id: null,
    exclusive: false,
    retrigger_of_id: null,
    pool: "farm",
    builder: "build",
    base_priority: 0,
    head_start_ms: 600_000,
    ...part,
  };
}

/** Run 1 of worker-1, from 3,000 to 6,000 ms. */
export function run(part: Partial<RunRow> = {}): RunRow {
  return {
    id: 1,
    worker_id: 1,
    boot_id: "boot-1",
    slot: 0,
    claim_id: "claim-1",
    pool_id: 1,
    base_job_id: 1,
    state: "done",
    result: "success",
    reason: null,
    exclusive: false,
    started_at: time(3_000),
    ended_at: time(6_000),
    finish_hash: "hash",
    log_chunks: 1,
    log_bytes: 10,
    log_sha256: DIGEST,
    worker: "worker-1",
    file_sha256: DIGEST,
    ...part,
  };
}

/** An event with the next number. */
export function event(facts: Pick<Facts, "events">, at: number, type: string, part: Partial<EventRow> = {}): EventRow {
  const id = facts.events.length + 1;
  return { id, seq: id, type, job_id: 1, run_id: null, body: {}, created_at: time(at), ...part };
}

/** An operation of dev that was answered 200. */
export function operation(part: Partial<Operation> & Pick<Operation, "op">): Operation {
  const { invokedAt = 6_500, returnedAt = 6_600 } = part;
  return {
    id: 1,
    actor: "dev",
    jobIds: [1],
    priority: undefined,
    count: undefined,
    commandId: undefined,
    revision: undefined,
    outcome: "ok",
    status: 200,
    reply: {},
    tries: [{ sentAt: invokedAt, at: returnedAt, status: 200, retryAfter: false }],
    ...part,
    invokedAt,
    returnedAt,
  };
}

/** Audit rows with right numbers and hashes. */
export function chain(rows: readonly Pick<AuditRowDump, "action" | "object" | "after">[]): AuditRowDump[] {
  let before = "0".repeat(64);
  return rows.map(({ action, object, after }, index) => {
    const seq = index + 1;
    const who = { actor: "dev", via: "token:1", outcome: "done", before: null };
    const said = { id: seq, userId: 1, fromIp: null, requestId: null, action, object, after, ...who };
    const hash = auditHash({ ...said, createdAt: new Date(OFFSET + seq) }, seq, before);
    const { userId: user_id, fromIp: from_ip, requestId: request_id, ...rest } = said;
    const row = { ...rest, user_id, from_ip, request_id, seq, prev_hash: before, hash, created_at: time(seq) };
    before = hash;
    return row;
  });
}

/** One push, one job, one run; read, reprioritized, claimed, ended, and nothing is wrong. */
export function healthy(): Facts {
  const facts: Facts = {
    meta: {
      seed: "story",
      leaseSeconds: 6,
      sweepSeconds: 3,
      wallOffsetMs: OFFSET,
      startedAt: 0,
      calmAt: 7_000,
      drainedAt: 8_000,
      drainSeconds: 60,
      parkedFrom: null,
    },
    history: [
      operation({
        id: 1,
        op: "push",
        jobIds: [],
        revision: "abc",
        invokedAt: 900,
        returnedAt: 1_100,
        reply: { pushIds: [1] },
      }),
      operation({
        id: 2,
        op: "reprioritize",
        priority: 0,
        invokedAt: 1_500,
        returnedAt: 1_600,
        reply: { commandId: 1, items: [{ jobId: 1, outcome: "unchanged", code: null, created: [] }], complete: true },
      }),
      operation({
        id: 3,
        op: "read",
        reply: { job: { id: 1, state: "done", result: "success", priority: 0, runId: 1 } },
      }),
    ],
    witness: [
      word(500, { said: "boot", pid: 1, leaseSeconds: 6 }),
      word(3_100, {
        said: "claim",
        claimId: "claim-1",
        slot: 0,
        sentAt: 2_500,
        tries: 1,
        runId: 1,
        jobIds: [1],
        pool: "farm",
      }),
      word(3_200, { said: "start", runId: 1, slot: 0, jobIds: [1], exclusive: false }),
      word(3_300, { said: "chunk", runId: 1, number: 0, offset: 0, bytes: 10, sha256: DIGEST }),
      word(4_000, { said: "beat", sentAt: 3_900, runs: [{ runId: 1, order: "continue" }] }),
      word(5_800, { said: "stop", runId: 1, why: "done" }),
      word(6_100, {
        said: "finish",
        runId: 1,
        sentAt: 5_900,
        tries: 1,
        result: "success",
        answer: { status: 200 },
        sha256: DIGEST,
        bytes: 10,
      }),
      word(6_200, {
        said: "late",
        runId: 1,
        sentAt: 6_150,
        route: "finish",
        after: "end",
        answer: { status: 409, code: "conflict" },
      }),
    ],
    stream: [],
    faults: [],
    machine: [],
    indexChecks: [{ at: 7_500, pool: "parked", waiting: 3, tookMs: 20, differences: [] }],
    pools: [{ id: 1, name: "farm" }],
    jobs: [job()],
    runs: [run()],
    members: [{ run_id: 1, job_id: 1, live: false, receipt: {} }],
    events: [],
    audit: chain([
      { action: "push.record", object: "push:1", after: null },
      { action: "run.claim", object: "run:1", after: null },
    ]),
    commands: [{ id: 1, kind: "reprioritize", completed_at: time(1_550) }],
    items: [{ command_id: 1, job_id: 1, outcome: "unchanged" }],
    pushes: [{ id: 1, revision: "abc", config_state: "scheduled", jobs: 1 }],
    keys: [{ key: "{p:1}:q", type: "zset", size: 0, ttl: -1 }],
    agentWords: [],
  };
  const tell = (at: number, type: string, part: Partial<EventRow> = {}) =>
    facts.events.push(event(facts, at, type, part));
  tell(950, "push.received", { job_id: null, body: { revision: "abc" } });
  tell(1_000, "job.created", { body: { state: "queued" } });
  tell(3_000, "job.started", { run_id: 1, body: { state: "running" } });
  tell(3_000, "run.started", { run_id: 1 });
  tell(6_000, "job.done", { run_id: 1, body: { state: "done", result: "success" } });
  tell(6_000, "run.done", { run_id: 1, body: { result: "success" } });
  facts.stream = [
    { at: 10, reader: "reader-1", saw: "opened", after: null },
    ...facts.events.map(({ seq, type, job_id, run_id, body }) => ({
      at: 6_050,
      reader: "reader-1",
      saw: "event" as const,
      seq: seq ?? 0,
      type,
      jobId: job_id,
      runId: run_id,
      body,
    })),
  ];
  return facts;
}
