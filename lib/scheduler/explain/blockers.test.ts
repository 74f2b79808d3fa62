// Longer than usual: every blocker with its whole sentence in one place.
import { describe, expect, it } from "vitest";
import { BlockerCode } from "../../contracts/explanation.ts";
import { STRICT_HEAD_START_MS } from "../../contracts/pool.ts";
import { blockersOf, endlessBlocker } from "./blockers.ts";
import type { ExplainFacts, WorkerFacts } from "./facts.ts";
import { orderSentence } from "./order-sentence.ts";
import { because, lasting } from "./words.ts";

const NOW = Date.UTC(2026, 10, 21);
const ago = (minutes: number) => NOW - minutes * 60_000;
const FREE = { heldAtMs: null, heldBy: null, heldWhy: null };
const FREE_WORKER = { ...FREE, heldUntilMs: null };

const worker = (part: Partial<WorkerFacts> = {}): WorkerFacts => ({
  id: 1,
  name: "w1",
  inPool: true,
  speed: 1,
  slots: 1,
  busy: 0,
  online: true,
  lastSeenAtMs: ago(0),
  control: "enabled",
  held: FREE_WORKER,
  ...part,
});

interface Parts {
  job?: Partial<ExplainFacts["job"]>;
  branch?: Partial<ExplainFacts["branch"]>;
  pool?: Partial<ExplainFacts["pool"]>;
  workers?: WorkerFacts[];
  needs?: ExplainFacts["needs"];
}

const facts = (parts: Parts = {}): ExplainFacts => ({
  nowMs: NOW,
  job: {
    id: 7,
    state: "queued",
    trustLevel: 1,
    queueClass: "any",
    avoidWorkerId: null,
    onlyWorkerId: null,
    ...parts.job,
  },
  branch: { name: "app-main", ...FREE, ...parts.branch },
  pool: {
    name: "linux",
    trustLevel: 1,
    removedAtMs: null,
    fastSpeed: null,
    reserveWorkers: 0,
    reserveBranches: [],
    idleAbove: 0,
    ...FREE,
    ...parts.pool,
  },
  workers: parts.workers ?? [worker()],
  needs: parts.needs ?? [],
});

const told = (parts: Parts) => blockersOf(facts(parts)).map(({ code, sentence }) => `${code} ${sentence}`);

const APART = { fastSpeed: 2, reserveWorkers: 1, reserveBranches: ["release"] };
const FAST = { id: 2, name: "w2", speed: 3 };
const NEEDS: ExplainFacts["needs"] = [
  { jobId: 3, builder: "linux64 opt build", state: "running", result: null, sinceMs: ago(4) },
  { jobId: 4, builder: "docs", state: "done", result: "success", sinceMs: ago(2) },
  { jobId: 5, builder: "mac build", state: "queued", result: null, sinceMs: null },
  { jobId: 6, builder: "win test", state: "blocked", result: null, sinceMs: ago(180) },
];

const CASES: [what: string, parts: Parts, sentences: string[]][] = [
  ["nothing", {}, []],
  [
    "a closed branch",
    { branch: { heldAtMs: ago(12), heldBy: "sam", heldWhy: "tree is on fire" } },
    ["BRANCH_CLOSED The branch app-main was closed by sam 12 minutes ago: tree is on fire."],
  ],
  [
    "a closed branch of which little is known",
    { branch: { heldAtMs: ago(1), heldWhy: " " } },
    ["BRANCH_CLOSED The branch app-main was closed 1 minute ago."],
  ],
  [
    "a paused pool",
    { pool: { heldAtMs: ago(180), heldBy: "ada", heldWhy: "new disks!" } },
    ["POOL_PAUSED The pool linux was paused by ada 3 hours ago: new disks!"],
  ],
  [
    "a pool that is gone",
    { pool: { removedAtMs: ago(3 * 24 * 60) } },
    ["POOL_REMOVED The pool linux was taken out of the configuration 3 days ago, so nobody serves its jobs."],
  ],
  [
    "another trust level",
    { job: { trustLevel: 3 } },
    [
      "NO_ELIGIBLE_WORKER The job has the trust level 3, the pool linux has 1; work of one level never runs on a pool of another.",
    ],
  ],
  ["no worker", { workers: [] }, ["NO_ELIGIBLE_WORKER No worker is registered with the pool linux."]],
  [
    "disabled workers",
    {
      workers: [
        worker({ control: "disabled", held: { ...FREE_WORKER, heldAtMs: ago(5), heldBy: "ada", heldWhy: "stolen" } }),
      ],
    },
    ["NO_ELIGIBLE_WORKER No worker of the pool linux takes new work; w1 was disabled by ada 5 minutes ago: stolen."],
  ],
  [
    "draining and quarantined workers",
    { workers: [worker({ control: "quarantined" }), worker({ ...FAST, control: "draining" })] },
    ["NO_ELIGIBLE_WORKER No worker of the pool linux takes new work; w2 is draining."],
  ],
  [
    "one worker in quarantine",
    {
      workers: [
        worker({
          control: "quarantined",
          held: { heldAtMs: ago(8), heldBy: "sam", heldWhy: "bad memory", heldUntilMs: NOW + 3_600_000 },
        }),
      ],
    },
    [
      "ALL_WORKERS_QUARANTINED The only worker of the pool linux that is online is in quarantine, for another 1 hour; w1 was put there by sam 8 minutes ago: bad memory.",
    ],
  ],
  [
    "all workers in quarantine",
    {
      workers: [
        worker({ control: "quarantined", held: { ...FREE_WORKER, heldAtMs: ago(8) } }),
        worker({ ...FAST, control: "quarantined" }),
        worker({ id: 3, online: false }),
      ],
    },
    [
      "ALL_WORKERS_QUARANTINED All 2 workers of the pool linux that are online are in quarantine; w1 was put there 8 minutes ago.",
    ],
  ],
  [
    "all workers away",
    {
      workers: [
        worker({ online: false, lastSeenAtMs: ago(90) }),
        worker({ ...FAST, online: false, lastSeenAtMs: ago(5) }),
      ],
    },
    ["ALL_WORKERS_OFFLINE None of the 2 workers of the pool linux is online; w2 was seen 5 minutes ago."],
  ],
  [
    "the only worker away",
    { workers: [worker({ online: false, lastSeenAtMs: null })] },
    ["ALL_WORKERS_OFFLINE The only worker of the pool linux is away."],
  ],
  ["a busy pool, which is no blocker", { workers: [worker({ busy: 1 })] }, []],
  [
    "kept workers",
    { pool: APART, workers: [worker({ busy: 1 }), worker(FAST)] },
    ["RESERVED The fast worker that is free is kept for release."],
  ],
  [
    "two kept workers, for a job that needs a fast one",
    {
      job: { queueClass: "fast" },
      pool: { ...APART, reserveWorkers: 2, reserveBranches: [] },
      workers: [worker(), worker(FAST), worker({ ...FAST, id: 3 })],
    },
    ["RESERVED The 2 fast workers that are free are kept for other branches."],
  ],
  [
    "kept workers, for a job that may have them",
    { job: { queueClass: "reserved" }, pool: APART, workers: [worker(FAST)] },
    [],
  ],
  [
    "busy fast workers",
    { job: { queueClass: "fast" }, pool: APART, workers: [worker(), worker({ ...FAST, busy: 1 })] },
    ["FAST_WORKERS_BUSY It needs a worker of speed 2 or more, and the only one that is online is busy."],
  ],
  [
    "several busy fast workers",
    {
      job: { queueClass: "reserved-fast" },
      pool: APART,
      workers: [worker({ ...FAST, busy: 1 }), worker({ ...FAST, id: 3, slots: 2, busy: 2 })],
    },
    ["FAST_WORKERS_BUSY It needs a worker of speed 2 or more, and all 2 that are online are busy."],
  ],
  ["no fast worker online: then slow ones do", { job: { queueClass: "fast" }, pool: APART }, []],
  [
    "idle work",
    { job: { queueClass: "idle" }, pool: { idleAbove: 2 }, workers: [worker({ slots: 2 })] },
    ["IDLE_ONLY It runs only while more than 2 workers of the pool linux are free; 2 are free now."],
  ],
  [
    "idle work in a busy pool",
    {
      job: { queueClass: "idle" },
      workers: [worker({ busy: 1 }), worker({ ...FAST, slots: 1 })],
      pool: { idleAbove: 1 },
    },
    ["IDLE_ONLY It runs only while more than 1 worker of the pool linux are free; 1 is free now."],
  ],
  [
    "a worker that is avoided",
    { job: { avoidWorkerId: 1 }, workers: [worker(), worker({ ...FAST, busy: 1 })] },
    [
      "AVOIDS_WORKER The worker w1 is free, but its last run there failed, so it waits for the other worker that is online.",
    ],
  ],
  ["the only worker, which is not avoided then", { job: { avoidWorkerId: 1 } }, []],
  ["an avoided worker beside a free one", { job: { avoidWorkerId: 1 }, workers: [worker(), worker(FAST)] }, []],
  [
    "a probe",
    { job: { onlyWorkerId: 1 }, workers: [worker({ control: "quarantined", busy: 1 })] },
    ["PROBE It is a probe: only the worker w1 may run it, which is busy."],
  ],
  [
    "a probe of a worker that is away",
    { job: { onlyWorkerId: 1 }, workers: [worker({ online: false, lastSeenAtMs: ago(7) })] },
    [
      "PROBE It is a probe: only the worker w1 may run it, which is away and was last seen 7 minutes ago.",
      "ALL_WORKERS_OFFLINE The worker w1 is away and was last seen 7 minutes ago.",
    ],
  ],
  [
    "a probe of a disabled worker",
    { job: { onlyWorkerId: 1 }, workers: [worker({ control: "disabled", held: { ...FREE_WORKER, heldWhy: "sold" } })] },
    [
      "PROBE It is a probe: only the worker w1 may run it, which is free.",
      "NO_ELIGIBLE_WORKER The worker w1 was disabled: sold.",
    ],
  ],
  [
    "a probe of nobody",
    { job: { onlyWorkerId: 9 } },
    ["NO_ELIGIBLE_WORKER It is a probe of a worker that is not known any more."],
  ],
  [
    "needs, and only what lasts beside them",
    { job: { state: "blocked" }, needs: NEEDS, workers: [worker({ online: false, lastSeenAtMs: null })] },
    [
      "DEPENDENCY It needs linux64 opt build (job 3), which has been running for 4 minutes.",
      "DEPENDENCY It needs mac build (job 5), which waits for a worker.",
      "DEPENDENCY It needs win test (job 6), which waits for another job itself for 3 hours.",
      "ALL_WORKERS_OFFLINE The only worker of the pool linux is away.",
    ],
  ],
  [
    "needs of a job whose workers are busy",
    { job: { state: "blocked", queueClass: "idle" }, workers: [worker({ busy: 1 })] },
    [],
  ],
  ["a job that runs", { job: { state: "running" }, branch: { heldAtMs: ago(1) }, workers: [] }, []],
  ["a job that is done", { job: { state: "done" }, branch: { heldAtMs: ago(1) }, needs: NEEDS }, []],
];

describe("blockersOf", () => {
  it.each(CASES)("tells of %s", (_what, parts, sentences) => {
    expect(told(parts)).toEqual(sentences);
  });

  it("knows every code", () => {
    const seen = CASES.flatMap(([, parts]) => blockersOf(facts(parts)).map(({ code }) => code));
    expect(new Set(seen)).toEqual(new Set(BlockerCode.options));
  });

  it("names the job that is waited for", () => {
    const blockers = blockersOf(facts({ job: { state: "blocked" }, needs: NEEDS }));
    expect(blockers.map(({ jobId }) => jobId)).toEqual([3, 5, 6]);
    expect(endlessBlocker(blockers)).toBeNull();
  });

  it("tells who may wait for ever", () => {
    const closed = blockersOf(
      facts({ job: { queueClass: "idle" }, branch: { heldAtMs: ago(1) }, pool: { idleAbove: 3 } }),
    );
    expect(closed.map(({ code }) => code)).toEqual(["BRANCH_CLOSED", "IDLE_ONLY"]);
    expect(endlessBlocker(closed)?.code).toBe("BRANCH_CLOSED");
  });
});

describe("words", () => {
  it("says the order of a pool in one sentence", () => {
    const sentence = (headStartMs: number) => orderSentence({ name: "linux", headStartMs });
    expect(sentence(600_000)).toBe(
      "In the pool linux whoever was submitted earlier goes first, and each point of rank is worth a head start of 10 minutes.",
    );
    expect(sentence(STRICT_HEAD_START_MS)).toBe(
      "In the pool linux the higher rank goes first, and among equal ranks whoever was submitted earlier.",
    );
    expect(sentence(0)).toBe("In the pool linux whoever was submitted earlier goes first; rank changes nothing.");
  });

  it("says how long", () => {
    const said = [999, 1_000, 59_000, 60_000, 3_600_000, 47 * 3_600_000, 48 * 3_600_000].map(lasting);
    expect(said).toEqual(["a moment", "1 second", "59 seconds", "1 minute", "1 hour", "47 hours", "2 days"]);
  });

  it("ends a sentence with somebody's words", () => {
    expect([because(null), because("x"), because("x."), because("Why?")]).toEqual([".", ": x.", ": x.", ": Why?"]);
  });
});
