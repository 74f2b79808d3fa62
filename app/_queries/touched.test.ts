import { describe, expect, test } from "vitest";
import { Event, EventType } from "@/lib/contracts/event.ts";
import { keys } from "./keys.ts";
import { isTouched } from "./touched.ts";

function event(type: EventType, about: Partial<Event> = {}): Event {
  return Event.parse({
    seq: 1,
    type,
    at: "2026-11-21T04:00:00.000Z",
    branchId: null,
    pushId: null,
    jobId: null,
    runId: null,
    body: {},
    ...about,
  });
}

const list = keys.pushes({ owner: "me" });
const loaded = { pages: [{ items: [{ id: 7 }], nextCursor: null }] };
const job = (over: object = {}) => ({
  state: "running",
  pushId: 7,
  needs: [],
  neededBy: [],
  retriggers: [],
  runs: [],
  ...over,
});

describe("push lists", () => {
  test("a new push touches every list", () => {
    expect(isTouched(event("push.received", { pushId: 99 }), list, loaded)).toBe(true);
  });
  test("a job touches only the lists that show its push", () => {
    expect(isTouched(event("job.done", { pushId: 7, jobId: 1 }), list, loaded)).toBe(true);
    expect(isTouched(event("job.done", { pushId: 8, jobId: 1 }), list, loaded)).toBe(false);
    expect(isTouched(event("run.step", { pushId: 7, runId: 1 }), list, loaded)).toBe(false);
  });
});

describe("a push", () => {
  test("is touched by its own events only", () => {
    for (const key of [keys.push(7), keys.pushJobs(7)]) {
      expect(isTouched(event("job.started", { pushId: 7, jobId: 1 }), key, undefined)).toBe(true);
      expect(isTouched(event("push.scheduled", { pushId: 7 }), key, undefined)).toBe(true);
      expect(isTouched(event("job.started", { pushId: 70, jobId: 1 }), key, undefined)).toBe(false);
      expect(isTouched(event("run.step", { pushId: 7, jobId: 1, runId: 3 }), key, undefined)).toBe(false);
    }
  });
});

describe("a job", () => {
  const key = keys.job(3);
  test("by its own events", () => {
    expect(isTouched(event("job.reprioritized", { jobId: 3 }), key, job())).toBe(true);
    expect(isTouched(event("job.reprioritized", { jobId: 4 }), key, job())).toBe(false);
  });
  test("by whatever moves the queue, but only while it waits", () => {
    expect(isTouched(event("job.queued", { jobId: 4, pushId: 1 }), key, job({ state: "queued" }))).toBe(true);
    expect(isTouched(event("job.queued", { jobId: 4, pushId: 1 }), key, job({ state: "done" }))).toBe(false);
  });
  test("by the jobs it names", () => {
    expect(isTouched(event("job.done", { jobId: 4 }), key, job({ needs: [{ id: 4 }] }))).toBe(true);
    expect(isTouched(event("job.done", { jobId: 5 }), key, job({ retriggers: [{ id: 5 }] }))).toBe(true);
    expect(isTouched(event("job.created", { jobId: 6, pushId: 7 }), key, job())).toBe(true);
  });
  test("by its runs, except for their steps", () => {
    expect(isTouched(event("run.lost", { runId: 9 }), key, job({ runs: [{ id: 9 }] }))).toBe(true);
    expect(isTouched(event("run.step", { runId: 9 }), key, job({ runs: [{ id: 9 }] }))).toBe(false);
  });
});

describe("an explanation", () => {
  const key = keys.explanation(3);
  test("by whatever moves queues, pools, branches or workers", () => {
    for (const type of ["job.started", "pool.changed", "branch.changed", "worker.changed"] as const) {
      expect(isTouched(event(type, { jobId: 4, pushId: 1 }), key, undefined)).toBe(true);
    }
    expect(isTouched(event("run.step", { jobId: 4, runId: 1 }), key, undefined)).toBe(false);
  });
});

describe("a run", () => {
  test("by its own events and those of its jobs", () => {
    const key = keys.run(9);
    expect(isTouched(event("run.step", { runId: 9 }), key, undefined)).toBe(true);
    expect(isTouched(event("run.step", { runId: 10 }), key, { jobs: [{ id: 3 }] })).toBe(false);
    expect(isTouched(event("job.done", { jobId: 3 }), key, { jobs: [{ id: 3 }] })).toBe(true);
  });
  test("its log is told by hints, its end by an event", () => {
    expect(isTouched(event("run.done", { runId: 9 }), keys.logSize(9), undefined)).toBe(true);
    expect(isTouched(event("run.step", { runId: 9 }), keys.logSize(9), undefined)).toBe(false);
    expect(isTouched(event("run.done", { runId: 9 }), keys.logChunk(9, 0), undefined)).toBe(false);
  });
  test("its end touches the last piece of its log, unless that is final", () => {
    const growing = { complete: false, lines: ["one"] };
    expect(isTouched(event("run.done", { runId: 9 }), keys.logChunk(9, 0), growing)).toBe(true);
    expect(isTouched(event("run.done", { runId: 8 }), keys.logChunk(9, 0), growing)).toBe(false);
    expect(isTouched(event("run.step", { runId: 9 }), keys.logChunk(9, 0), growing)).toBe(false);
    expect(isTouched(event("run.done", { runId: 9 }), keys.logChunk(9, 0), { ...growing, complete: true })).toBe(false);
  });
});

test("queues, pools and workers follow what moves them", () => {
  const started = event("job.started", { jobId: 1, pushId: 1 });
  expect(isTouched(started, keys.queue("linux"), undefined)).toBe(true);
  expect(isTouched(started, keys.pools(), undefined)).toBe(true);
  expect(isTouched(started, keys.workers(), undefined)).toBe(false);
  expect(isTouched(event("run.started", { runId: 1 }), keys.workers(), undefined)).toBe(true);
  expect(isTouched(event("run.step", { runId: 1 }), keys.queue("linux"), undefined)).toBe(false);
  expect(isTouched(event("worker.changed"), keys.workers(), undefined)).toBe(true);
});

test("a new configuration touches everything but logs", () => {
  const changed = event("config.changed");
  expect(isTouched(changed, keys.repositories(), undefined)).toBe(true);
  expect(isTouched(changed, keys.queue("linux"), undefined)).toBe(true);
  expect(isTouched(changed, keys.logChunk(1, 0), undefined)).toBe(false);
});

test("every kind of event touches something", () => {
  const all = [list, keys.push(7), keys.job(3), keys.run(9), keys.pools(), keys.workers(), keys.repositories()];
  for (const type of EventType.options) {
    const about = { pushId: 7, jobId: 3, runId: 9 };
    expect(
      all.some((key) => isTouched(event(type, about), key, undefined)),
      type,
    ).toBe(true);
  }
});
