import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Placement, QueueClass } from "../../contracts/placement.ts";
import { type ArrivingJob, askedPlacement, chooseWorker, probePlacement, type WaitingSlot } from "./choose-worker.ts";
import { type ClassedPool, freeFor, openClasses } from "./open-classes.ts";
import { queueClassOf } from "./queue-class.ts";

const pool = (part: Partial<ClassedPool> = {}): ClassedPool => ({
  fastSpeed: 2,
  fastOnline: 3,
  reserveWorkers: 0,
  idleAbove: 0,
  ...part,
});

describe("queueClassOf", () => {
  it.each([
    [{ idle: false, workers: "any" as const }, "app", "any"],
    [{ idle: false, workers: "fast" as const }, "app", "fast"],
    [{ idle: false, workers: "any" as const }, "release", "reserved"],
    [{ idle: false, workers: "fast" as const }, "release", "reserved-fast"],
    [{ idle: true, workers: "fast" as const }, "release", "idle"],
  ])("puts %o on %s into %s", (builder, branch, expected) => {
    expect(queueClassOf(builder, branch, { reserveBranches: ["release", "beta"] })).toBe(expected);
  });
});

describe("openClasses", () => {
  const ask = (speed: number, part: Partial<ClassedPool> = {}, free = { all: 4, fast: 2 }) =>
    openClasses({ speed, pool: pool(part), free }).toSorted();

  it("gives a fast worker everything, and a slow one what is not for fast ones, while the pool has some", () => {
    expect(ask(2)).toEqual(["any", "fast", "idle", "reserved", "reserved-fast"]);
    expect(ask(1)).toEqual(["any", "idle", "reserved"]);
    expect(ask(1, { fastOnline: 0 })).toEqual(["any", "fast", "idle", "reserved", "reserved-fast"]);
    expect(ask(1, { fastSpeed: null, fastOnline: 0 })).toContain("fast");
  });

  it("keeps the last free fast workers for the reserved classes", () => {
    expect(ask(2, { reserveWorkers: 2 })).toEqual(["reserved", "reserved-fast"]);
    expect(ask(2, { reserveWorkers: 1 })).toContain("any");
    expect(ask(1, { reserveWorkers: 2 })).toEqual(["any", "idle", "reserved"]);
    expect(ask(1, { fastSpeed: null, reserveWorkers: 4 }, { all: 4, fast: 0 })).toEqual(["reserved", "reserved-fast"]);
  });

  it("opens idle work only above the mark", () => {
    expect(ask(1, { idleAbove: 3 })).toContain("idle");
    expect(ask(1, { idleAbove: 4 })).not.toContain("idle");
  });

  it("counts the free slots that may take a class", () => {
    const free = { all: 5, fast: 2 };
    expect(freeFor("any", pool(), free)).toBe(5);
    expect(freeFor("fast", pool(), free)).toBe(2);
    expect(freeFor("fast", pool({ fastOnline: 0 }), { all: 3, fast: 0 })).toBe(3);
    expect(freeFor("any", pool({ reserveWorkers: 2 }), free)).toBe(3);
    expect(freeFor("reserved", pool({ reserveWorkers: 2 }), free)).toBe(5);
    expect(freeFor("idle", pool({ idleAbove: 5 }), free)).toBe(0);
    expect(freeFor("any", pool({ fastSpeed: null }), { all: 5, fast: 0 })).toBe(5);
  });

  it("always leaves a reserved job open to everybody, and every class to somebody when enough are free", () => {
    const facts = fc.record({
      fastSpeed: fc.option(fc.integer({ min: 1, max: 5 })),
      fastOnline: fc.nat(4),
      reserveWorkers: fc.nat(4),
      idleAbove: fc.nat(6),
    });
    fc.assert(
      fc.property(facts, fc.integer({ min: 1, max: 6 }), fc.nat(8), fc.nat(8), (own, speed, slow, fast) => {
        const free = { all: slow + fast, fast };
        expect(openClasses({ speed, pool: own, free })).toContain("reserved");
        const many = { all: 100, fast: 50 };
        for (const one of QueueClass.options) expect(freeFor(one, own, many)).toBeGreaterThan(0);
      }),
    );
  });
});

describe("chooseWorker", () => {
  const slot = (workerId: number, part: Partial<WaitingSlot> = {}): WaitingSlot => ({
    workerId,
    worker: `worker-${workerId}`,
    slot: 0,
    speed: 1,
    sinceMs: 1_000 + workerId,
    succeededAtMs: null,
    ...part,
  });
  const arriving = (part: Partial<ArrivingJob> = {}): ArrivingJob => ({
    builder: "linux64 opt build",
    queueClass: "any",
    affinity: null,
    avoidWorkerId: null,
    ...part,
  });
  const choose = (job: ArrivingJob, waiting: WaitingSlot[], part: Partial<ClassedPool> = {}) =>
    chooseWorker(job, waiting, { pool: pool(part), free: { all: waiting.length, fast: waiting.length } });

  it("takes the last one that built it when the builder says so, and the fastest else", () => {
    const waiting = [slot(1, { speed: 3 }), slot(2, { succeededAtMs: 5 }), slot(3, { succeededAtMs: 9 }), slot(4)];
    const affine = choose(arriving({ affinity: "objdir" }), waiting);
    expect(affine).toMatchObject({ slot: { workerId: 3 }, placement: { rule: "affinity", free: 4, speed: 1 } });
    expect(affine?.placement.passedOver).toEqual([
      { workerId: 2, worker: "worker-2", speed: 1, why: "It ran this builder earlier." },
      { workerId: 1, worker: "worker-1", speed: 3, why: "It has not run this builder with success." },
      { workerId: 4, worker: "worker-4", speed: 1, why: "It has not run this builder with success." },
    ]);
    const fastest = choose(arriving(), waiting);
    expect(fastest).toMatchObject({ slot: { workerId: 1 }, placement: { rule: "fastest" } });
    expect(fastest?.placement.passedOver[0]?.why).toBe("Its speed is 1, not 3.");
  });

  it("takes who has waited longest among equals, and says when there was only one", () => {
    const longest = choose(arriving({ affinity: "objdir" }), [slot(2), slot(1)]);
    expect(longest).toMatchObject({ slot: { workerId: 1 }, placement: { rule: "longest-idle" } });
    expect(longest?.placement.passedOver[0]?.why).toBe("It has waited for less long.");
    expect(choose(arriving(), [slot(7), slot(7, { slot: 1 })])?.placement).toMatchObject({
      rule: "only-one",
      passedOver: [],
    });
  });

  it("leaves out the worker that failed it and those that may not take its class", () => {
    expect(choose(arriving({ avoidWorkerId: 1 }), [slot(1, { speed: 9 }), slot(2)])?.slot.workerId).toBe(2);
    expect(choose(arriving({ avoidWorkerId: 1 }), [slot(1)])).toBeNull();
    expect(choose(arriving({ queueClass: "fast" }), [slot(1), slot(2)])).toBeNull();
    expect(choose(arriving({ queueClass: "fast" }), [slot(1), slot(2, { speed: 2 })])?.slot.workerId).toBe(2);
    expect(choose(arriving({ queueClass: "idle" }), [slot(1)], { idleAbove: 1 })).toBeNull();
    expect(choose(arriving(), [])).toBeNull();
  });

  it("chooses whoever is right by the rule, in whatever order they are named, and says so in the contract's words", () => {
    const slots = fc.uniqueArray(
      fc.record({
        workerId: fc.integer({ min: 1, max: 40 }),
        speed: fc.integer({ min: 1, max: 3 }),
        sinceMs: fc.nat(50),
        succeededAtMs: fc.option(fc.nat(20)),
      }),
      { selector: ({ workerId }) => workerId, minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(slots, fc.constantFrom("objdir" as const, null), (parts, affinity) => {
        const waiting = parts.map((part) => slot(part.workerId, part));
        const job = arriving({ affinity });
        const choice = choose(job, waiting);
        expect(choose(job, waiting.toReversed())).toEqual(choice);
        expect(Placement.parse(choice?.placement)).toEqual(choice?.placement);
        const better = waiting.filter(
          (one) =>
            (affinity === "objdir" && (one.succeededAtMs ?? -1) > (choice?.slot.succeededAtMs ?? -1)) ||
            ((affinity === null || one.succeededAtMs === choice?.slot.succeededAtMs) &&
              one.speed > (choice?.slot.speed ?? 0)),
        );
        expect(better).toEqual([]);
      }),
    );
  });

  it("has placements for who asked, and for a probe", () => {
    expect(Placement.parse(askedPlacement({ speed: 2 }, 0))).toMatchObject({ rule: "asked", free: 1 });
    expect(Placement.parse(probePlacement({ speed: 2 }))).toMatchObject({ rule: "probe" });
  });
});
