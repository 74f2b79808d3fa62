import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestContext, testContext } from "../testing/context.ts";
import { type Farm, makeFarm } from "../testing/farm.ts";
import { closeBranch } from "./close-branch.ts";
import { getBranch } from "./get-branch.ts";
import { listRepositories } from "./list-repositories.ts";
import { openBranch } from "./open-branch.ts";
import { sweepQueue } from "./relay/sweep-queue.ts";

let test: TestContext;
beforeAll(async () => {
  test = await testContext();
});
afterAll(() => test.drop());

async function nameOf({ branchId }: Farm): Promise<string> {
  return (await test.sql.one<{ name: string }>("SELECT name FROM branches WHERE id = $1", [branchId])).name;
}

/** What the event stream will tell about a branch, oldest first. */
const told = async ({ branchId }: Farm) =>
  (
    await test.sql.rows<{ body: Record<string, unknown> }>(
      "SELECT body FROM events WHERE type = 'branch.changed' AND branch_id = $1 ORDER BY id",
      [branchId],
    )
  ).map((row) => row.body);

describe("closeBranch", () => {
  it("keeps who closed it, when and why, tells everybody and is in the audit", async () => {
    const farm = await makeFarm(test);
    const branch = await nameOf(farm);
    const closed = await closeBranch(await farm.person("sheriff", "sam"), { branch, reason: "Tests fail." });
    expect(closed).toMatchObject({
      closedReason: "Tests fail.",
      closedBy: { login: "sam" },
      mayControl: { allowed: true },
    });
    expect(await told(farm)).toEqual([{ branch, closed: true, reason: "Tests fail.", by: "sam" }]);
    expect(await farm.auditOf(`branch:${branch}`)).toEqual(["branch.close done sam"]);
    const read = await getBranch(farm.as(), { name: branch });
    expect(read).toEqual({ ...closed, mayControl: { allowed: false, code: "forbidden", reason: expect.any(String) } });
    const listed = (await listRepositories(farm.as())).flatMap((repository) => repository.branches);
    expect(listed).toContainEqual(read);
  });

  it("lets pushes be scheduled and none of their jobs start, until it is open again", async () => {
    const farm = await makeFarm(test);
    const [sheriff, worker, branch] = [await farm.person("sheriff"), await farm.worker(), await nameOf(farm)];
    const [early = 0] = await farm.submit();
    await farm.relay();
    await closeBranch(sheriff, { branch, reason: "x" });
    const [late = 0] = await farm.submit();
    await farm.relay();
    expect(await farm.claim(worker)).toBeNull();
    await sweepQueue(test.ctx);
    expect(await test.ctx.queues.of(farm.poolId).size()).toBe(0);
    expect([(await farm.job(early)).state, (await farm.job(late)).state]).toEqual(["queued", "queued"]);

    expect(await openBranch(sheriff, { branch })).toMatchObject({ closedAt: null, closedReason: null, closedBy: null });
    await sweepQueue(test.ctx);
    expect((await farm.claimOrThrow(worker)).jobIds).toContain(early);
  });

  it("lets what runs go on, and jobs of other branches in the same pool start", async () => {
    const farm = await makeFarm(test);
    const [sheriff, worker, branch] = [await farm.person("sheriff"), await farm.worker(), await nameOf(farm)];
    const [jobId = 0] = await farm.submit();
    const { runId } = await farm.claimOrThrow(worker);
    await closeBranch(sheriff, { branch, reason: "x" });
    await farm.submit();
    const other = await makeFarm(test);
    const [otherJob = 0] = await other.submit({ pool: farm.pool });
    expect((await farm.claimOrThrow(worker, 1)).jobIds).toEqual([otherJob]);
    await farm.finish(worker, runId, "success");
    expect((await farm.job(jobId)).result).toBe("success");
  });

  it("changes nothing when it is repeated, and only the reason when that is another one", async () => {
    const farm = await makeFarm(test);
    const [sheriff, branch] = [await farm.person("sheriff"), await nameOf(farm)];
    const first = await closeBranch(sheriff, { branch, reason: "one" });
    expect(await closeBranch(sheriff, { branch, reason: "one" })).toEqual(first);
    const second = await closeBranch(sheriff, { branch, reason: "two" });
    expect(second).toMatchObject({ closedReason: "two", closedAt: first.closedAt });
    await openBranch(sheriff, { branch });
    await openBranch(sheriff, { branch });
    expect((await told(farm)).map(({ reason }) => reason)).toEqual(["one", "two", null]);
  });

  it("asks for a sweep, which puts the jobs back", async () => {
    const farm = await makeFarm(test);
    const [sheriff, branch] = [await farm.person("sheriff"), await nameOf(farm)];
    for (const change of [() => closeBranch(sheriff, { branch, reason: "x" }), () => openBranch(sheriff, { branch })]) {
      const swept = test.signals.next(["sweep"], 60_000);
      await change();
      expect(await swept).toBe(true);
    }
  });

  it("refuses everybody but sheriffs and admins, and says which branch is not there", async () => {
    const farm = await makeFarm(test);
    const branch = await nameOf(farm);
    const noScope = farm.as({ roles: ["sheriff"], scopes: ["read"] });
    for (const who of [farm.as(), farm.as({ roles: [] }), await farm.worker(), noScope]) {
      await expect(closeBranch(who, { branch, reason: "x" })).rejects.toMatchObject({ code: "forbidden" });
      await expect(openBranch(who, { branch })).rejects.toMatchObject({ code: "forbidden" });
    }
    expect(await farm.auditOf(`branch:${branch}`)).toContain("branch.close refused dev");
    expect(await told(farm)).toEqual([]);
    const admin = await farm.person("admin");
    for (const ask of [
      () => closeBranch(admin, { branch: "nowhere", reason: "x" }),
      () => openBranch(admin, { branch: "nowhere" }),
    ]) {
      await expect(ask()).rejects.toMatchObject({ code: "not_found", message: "There is no branch nowhere." });
    }
  });
});
