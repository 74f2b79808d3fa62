import type { Mutant } from "./mutate.ts";

/** The mutants of the protocol's model, each as the smallest change of the code that takes the same rule away. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "no-fence",
    without: "a result counts although another run has its jobs",
    replacements: [
      {
        file: "lib/scheduler/finish-run.ts",
        before: `seen.state === "lost" ? await takeBack(tx, ctx, seen) : await lockLive(tx, seen)`,
        after: `await lockLive(tx, seen)`,
      },
      { file: "lib/scheduler/finish-run.ts", before: `if (run.state === "lost") return null;`, after: "" },
      { file: "lib/scheduler/finish-run.ts", before: ".filter((member) => member.live)", after: "" },
    ],
  },
  {
    name: "no-cas",
    without: "a popped id is taken for the truth: a running job is given away again",
    replacements: [
      {
        file: "lib/scheduler/decide-claim.ts",
        before: `if (job?.state !== "queued") return { kind: "stale" };`,
        after: `if (job?.state !== "queued" && job?.state !== "running") return { kind: "stale" };`,
      },
      { file: "lib/scheduler/move-jobs.ts", before: "!JOB_TRANSITIONS[from].includes(to)", after: "false" },
      {
        file: "lib/db/sql/change-jobs.ts",
        before: `WHERE j.id = c.id AND j.state = c."from"`,
        after: "WHERE j.id = c.id",
      },
    ],
  },
  {
    name: "no-slot-rule",
    without: "a new claim on a slot leaves the slot's older run alone",
    replacements: [
      {
        file: "lib/scheduler/claim-run.ts",
        before: `if (held) await loseRun(ctx, held.id, held.bootId === search.claim.bootId ? "slot" : "boot");`,
        after: "",
      },
      {
        file: "lib/scheduler/decide-claim.ts",
        before: `if (taken) return { kind: "superseded" };`,
        after: "",
      },
    ],
  },
  {
    name: "claim-not-idempotent",
    without: "a claim that is repeated is a new one",
    harmlessInModel: "a run is wasted, no more: the repeated claim voids it",
    replacements: [
      {
        file: "lib/db/sql/lock-run.ts",
        before: "WHERE worker_id = $1 AND slot = $2 AND claim_id = $3) AS claimed",
        after: "WHERE worker_id = $1 AND slot = $2 AND claim_id = $3 AND false) AS claimed",
      },
      {
        file: "lib/db/sql/read-claim.ts",
        before: `run("r.claim_id = $3")`,
        after: `run("r.claim_id = $3 AND false")`,
      },
    ],
  },
  {
    name: "no-sweep",
    without: "what a dead claim has popped stays out of Redis",
    replacements: [
      {
        file: "lib/scheduler/relay/sweep-queue.ts",
        before: "const missing = rows.filter((row, index) => scores[index] !== row.score);",
        after: "const missing: QueueRow[] = rows.filter((row, index) => scores[index] !== row.score && false);",
      },
    ],
  },
  {
    name: "no-rebuild",
    without: "a queue that Redis has lost is not made again",
    harmlessInModel: "claims are served from PostgreSQL, only slower",
    replacements: [
      {
        file: "lib/scheduler/relay/rebuild-queue.ts",
        before: "const swapped = await rebuild.swap();",
        after: "const swapped = false;",
      },
    ],
  },
  {
    name: "no-epoch",
    without: "writes from before Redis was emptied are accepted, and nobody sees that it was",
    replacements: [
      {
        file: "lib/scheduler/queue/lua/put.lua",
        before: `if redis.call("GET", KEYS[7]) ~= ARGV[1] then`,
        after: "if false then",
      },
      {
        file: "lib/scheduler/queue/lua/remove.lua",
        before: `if redis.call("GET", KEYS[7]) ~= ARGV[1] then`,
        after: "if false then",
      },
      {
        file: "lib/scheduler/relay/epochs.ts",
        before: "if (epoch === null) notReady.push(poolId);",
        after: `if (epoch === null) ready.set(poolId, "none");`,
      },
    ],
  },
  {
    name: "no-outbox",
    without: "a change of priority leaves no mark for the relay",
    replacements: [
      {
        file: "lib/db/sql/set-priorities.ts",
        before: "dirty = j.dirty OR j.state IN ('queued', 'blocked')",
        after: "dirty = j.dirty",
      },
    ],
  },
  {
    name: "no-version",
    without: "Redis takes older versions, too",
    replacements: [
      {
        file: "lib/scheduler/queue/lua/put.lua",
        before: "if told and tonumber(told) > tonumber(version) then",
        after: "if false then",
      },
    ],
  },
  {
    name: "version-on-entry-only",
    without: "the version goes with the entry when it is popped",
    replacements: [
      {
        file: "lib/scheduler/queue/lua/put.lua",
        before: "if told and tonumber(told) > tonumber(version) then",
        after: `if told and redis.call("ZSCORE", KEYS[own], member) and tonumber(told) > tonumber(version) then`,
      },
    ],
  },
  {
    name: "cancel-soft",
    without: "a cancel is only a wish: a result that comes later counts",
    replacements: [
      { file: "lib/scheduler/finish-run.ts", before: ".filter((member) => member.live)", after: "" },
      { file: "lib/scheduler/finish-run.ts", before: `run.state === "cancelling"`, after: "false" },
      {
        file: "lib/db/sql/change-jobs.ts",
        before: `WHERE j.id = c.id AND j.state = c."from"`,
        after: "WHERE j.id = c.id",
      },
    ],
  },
  {
    name: "lease-in-redis",
    without: "a lease ends when Redis has lost the queue",
    replacements: [
      {
        file: "lib/db/sql/read-expired-runs.ts",
        before: "lease_until < clock_timestamp()",
        after: "lease_until IS NOT NULL",
      },
      {
        file: "lib/scheduler/lose-run.ts",
        before: `(cause === "expired" && !run.expired)`,
        after: `(cause === "expired" && !run.expired && (await readEpochs(ctx)).notReady.length === 0)`,
      },
      {
        file: "lib/scheduler/lose-run.ts",
        before: `import { record } from "./record.ts";`,
        after: `import { record } from "./record.ts";\nimport { readEpochs } from "./relay/epochs.ts";`,
      },
    ],
  },
  {
    name: "adopt-no-fence",
    without: "a lost run is taken back although somebody else had its jobs since",
    replacements: [
      {
        file: "lib/scheduler/readopt-run.ts",
        before: `job.state === "queued" && served.get(job.id)?.newest`,
        after: `job.state === "queued"`,
      },
    ],
  },
  {
    name: "adopt-no-slot",
    without: "a lost run is taken back although its slot has other work",
    replacements: [
      {
        file: "lib/scheduler/readopt-run.ts",
        before: "if (await readSlotRun(tx, run.workerId, run.slot)) return null;",
        after: "",
      },
    ],
  },
  {
    name: "undo-after-run",
    without: "the undo of a cancel also brings back what had begun to run",
    replacements: [
      { file: "lib/scheduler/restorable.ts", before: "if (everRan) return", after: "if (everRan && id < 0) return" },
      { file: "lib/db/sql/restore-jobs.ts", before: " AND NOT j.ever_ran`", after: "`" },
    ],
  },
];
