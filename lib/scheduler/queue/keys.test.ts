import fc from "fast-check";
import { expect, it } from "vitest";
import { jobIdOf, memberOf, offerKey, queueKeys, rebuildKeys, waitingKeys } from "./keys.ts";

const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

it("orders members by bytes as ids by number", () => {
  fc.assert(
    fc.property(id, id, (a, b) => {
      expect(Math.sign(Buffer.compare(Buffer.from(memberOf(a)), Buffer.from(memberOf(b))))).toBe(Math.sign(a - b));
    }),
    { numRuns: 10_000 },
  );
});

it("finds the job of a member", () => {
  fc.assert(fc.property(id, (jobId) => jobIdOf(memberOf(jobId)) === jobId));
});

it("tags every key of a pool with the pool, so that a cluster keeps them together", () => {
  const { queues, ...others } = queueKeys(17);
  const rebuilt = rebuildKeys(17, "token");
  const all = [queues, others, rebuilt.queues, waitingKeys(17)].flatMap((keys): string[] => Object.values(keys));
  all.push(rebuilt.versions, offerKey(17, { workerId: 3, slot: 0 }));
  for (const key of all) expect(key.startsWith("{p:17}:")).toBe(true);
  expect(new Set(all).size).toBe(all.length);
});
