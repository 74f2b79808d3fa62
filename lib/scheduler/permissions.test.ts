import { describe, expect, it } from "vitest";
import type { JobAction, JobState, Result } from "../contracts/job.ts";
import type { Role } from "../contracts/me.ts";
import type { Actor } from "./context.ts";
import {
  allowedActions,
  type ControlPermission,
  type JobSubject,
  requirePermission,
  undoRefusal,
} from "./permissions.ts";

const user = (part: Partial<Extract<Actor, { kind: "user" }>> = {}): Actor => ({
  kind: "user",
  userId: 1,
  login: "dev",
  roles: ["developer"],
  scopes: ["read", "jobs:write"],
  via: "session:1",
  ip: null,
  ...part,
});
const system: Actor = { kind: "system", name: "timer", via: "system", ip: null };
const worker: Actor = { kind: "worker", workerId: 1, bootId: "b", name: "w1", via: "worker:1", ip: null };
const hook: Actor = { kind: "hook", name: "git", scopes: ["pushes:write"], via: "token:1", ip: null };
const job = (part: Partial<JobSubject> = {}): JobSubject => ({
  id: 12,
  state: "queued",
  result: null,
  kind: "test",
  ownerId: 1,
  ownerLogin: "dev",
  submittedById: null,
  failedNeed: null,
  shared: false,
  ...part,
});
const reason = (actor: Actor, subject: JobSubject, action: JobAction) => {
  const allowed = allowedActions(actor, subject)[action];
  return allowed.allowed ? null : `${allowed.code}: ${allowed.reason}`;
};

describe("allowedActions", () => {
  it("lets developers act on the jobs of their own pushes, and on what they asked for themselves", () => {
    for (const action of ["cancel", "retrigger", "reprioritize"] as const) {
      expect(reason(user(), job(), action)).toBeNull();
      const asked = job({ ownerId: 2, ownerLogin: "dana", submittedById: 1 });
      expect(reason(user(), asked, action)).toBeNull();
      const others = job({ ownerId: 2, ownerLogin: "dana" });
      expect(reason(user(), others, action)).toBe(
        `forbidden: dana owns the push of job 12, so only dana, a sheriff or an admin may ${action} it.`,
      );
      expect(reason(user(), job({ ownerId: null, ownerLogin: null }), action)).toBe(
        `forbidden: Nobody is known to own the push of job 12, so only a sheriff or an admin may ${action} it.`,
      );
    }
  });

  it("lets sheriffs and admins act on all jobs, and the product itself", () => {
    const others = job({ ownerId: 2, ownerLogin: "dana" });
    for (const role of ["sheriff", "admin"] satisfies Role[]) {
      expect(reason(user({ roles: [role] }), others, "cancel")).toBeNull();
    }
    expect(reason(system, others, "cancel")).toBeNull();
  });

  it("lets any developer retrigger a failed nightly, and nothing else of it", () => {
    const nightly = (state: JobState, result: Result | null) =>
      job({ ownerId: null, ownerLogin: null, kind: "nightly", state, result });
    expect(reason(user(), nightly("done", "failure"), "retrigger")).toBeNull();
    expect(reason(user(), nightly("done", "exception"), "retrigger")).toBeNull();
    expect(reason(user(), nightly("done", "success"), "retrigger")).toMatch(/^forbidden/);
    expect(reason(user(), nightly("queued", null), "cancel")).toMatch(/^forbidden/);
    expect(reason(user({ roles: [] }), nightly("done", "failure"), "retrigger")).toMatch(/has no role here/);
  });

  it("needs the scope jobs:write of a token, whoever's it is", () => {
    const token = user({ roles: ["admin"], scopes: ["read"] });
    expect(reason(token, job(), "cancel")).toBe(
      "forbidden: This needs a token with the scope jobs:write; yours has only the scope read.",
    );
    expect(reason(user({ scopes: [] }), job(), "cancel")).toMatch(/yours has no scope/);
  });

  it("gives nothing to workers and hooks", () => {
    for (const actor of [worker, hook])
      expect(reason(actor, job(), "cancel")).toMatch(/^forbidden: Only a signed-in user/);
  });

  it("says what the job's state does not allow", () => {
    expect(reason(user(), job({ state: "running" }), "cancel")).toBeNull();
    expect(reason(user(), job({ state: "running" }), "reprioritize")).toBe(
      "conflict: Job 12 is running, so its priority is fixed.",
    );
    const done = job({ state: "done", result: "success" });
    expect(reason(user(), done, "cancel")).toBe(
      "conflict: Job 12 is already done (success); there is nothing left to cancel.",
    );
    expect(reason(user(), done, "reprioritize")).toBe(
      "conflict: Job 12 is already done (success), so its priority is fixed.",
    );
    expect(reason(user(), done, "retrigger")).toBeNull();
    expect(reason(user(), job({ failedNeed: "build, which ended with failure" }), "retrigger")).toBe(
      "conflict: Job 12 needs build, which ended with failure; retrigger that one first.",
    );
  });
});

describe("boosts and splits", () => {
  it("a boost is a sheriff's or an admin's, of any job that waits", () => {
    for (const role of ["sheriff", "admin"] satisfies Role[]) {
      expect(reason(user({ roles: [role] }), job({ ownerId: 2 }), "boost")).toBeNull();
    }
    expect(reason(user(), job(), "boost")).toBe(
      "forbidden: Only a sheriff or an admin may boost a job; its owner may change its priority.",
    );
    const sheriff = user({ roles: ["sheriff"] });
    expect(reason(sheriff, job({ state: "running" }), "boost")).toMatch(
      /^conflict: Job 12 is running, so its priority/,
    );
    expect(reason(sheriff, job({ state: "done", result: "success" }), "boost")).toMatch(/its priority is fixed\.$/);
  });

  it("a split is its owner's, of a job that runs together with others", () => {
    const together = job({ state: "running", shared: true });
    expect(reason(user(), together, "split")).toBeNull();
    expect(reason(user({ roles: ["sheriff"] }), { ...together, ownerId: 2 }, "split")).toBeNull();
    expect(reason(user(), { ...together, ownerId: 2, ownerLogin: "dana" }, "split")).toMatch(/^forbidden: dana owns/);
    expect(reason(user(), job({ state: "running" }), "split")).toBe("conflict: Job 12 has its run to itself already.");
    expect(reason(user(), job(), "split")).toBe("conflict: Job 12 does not run yet, so it shares no run.");
    expect(reason(user(), job({ state: "done", result: "success" }), "split")).toBe(
      "conflict: Job 12 is already done (success), so it shares no run any more.",
    );
  });
});

describe("undoRefusal", () => {
  const command = { id: 3, userId: 1, userLogin: "dev" };

  it("lets whoever gave the command undo it, sheriffs, admins and the product", () => {
    for (const actor of [
      user(),
      user({ userId: 2, roles: ["sheriff"] }),
      user({ userId: 2, roles: ["admin"] }),
      system,
    ]) {
      expect(undoRefusal(actor, command)).toBeNull();
    }
    expect(undoRefusal(user({ userId: 2 }), command)).toBe(
      "dev gave command 3, so only dev, a sheriff or an admin may undo it.",
    );
    expect(undoRefusal(user(), { id: 3, userId: null, userLogin: null })).toBe(
      "The product itself gave command 3, so only a sheriff or an admin may undo it.",
    );
    expect(undoRefusal(user({ roles: [] }), command)).toMatch(/no role here/);
    expect(undoRefusal(user({ scopes: ["read"] }), command)).toMatch(/scope jobs:write/);
    for (const actor of [worker, hook]) expect(undoRefusal(actor, command)).toMatch(/^Only a signed-in user/);
  });
});

describe("requirePermission", () => {
  it("knows who reads, works, tells of pushes, commands and maintains", () => {
    const may = (actor: Actor, permission: "read") => {
      try {
        requirePermission(actor, permission);
        return true;
      } catch (error) {
        expect(error).toMatchObject({ code: "forbidden", message: expect.stringMatching(/\.$/) });
        return false;
      }
    };
    const table = {
      read: [true, true, false, false, false],
      command: [true, true, false, false, true],
      work: [false, false, true, false, false],
      "push:record": [true, false, false, true, false],
      "buildset:submit": [true, false, false, true, false],
      maintain: [true, false, false, false, false],
      "branch:control": [true, false, false, false, false],
      "worker:quarantine": [true, false, false, false, false],
      "pool:control": [true, false, false, false, false],
      "worker:control": [true, false, false, false, false],
    } as const;
    const writer = user({ scopes: ["jobs:write"] });
    for (const [permission, expected] of Object.entries(table)) {
      const found = [system, user(), worker, hook, writer].map((actor) => may(actor, permission as "read"));
      expect([permission, found]).toEqual([permission, [...expected]]);
    }
    expect(() => requirePermission(user(), "job:cancel", job({ ownerId: 3, ownerLogin: "x" }))).toThrow(
      /x owns the push/,
    );
    requirePermission(user(), "job:cancel", job());
  });

  it("gives branches and sick workers to sheriffs, pools and workers for good to admins", () => {
    const refusal = (permission: ControlPermission, part: Partial<Extract<Actor, { kind: "user" }>>) => {
      try {
        requirePermission(user(part), permission);
        return null;
      } catch (error) {
        return error instanceof Error ? error.message : error;
      }
    };
    for (const permission of ["branch:control", "worker:quarantine"] as const) {
      expect(refusal(permission, { roles: ["sheriff"] })).toBeNull();
      expect(refusal(permission, { roles: ["admin"] })).toBeNull();
      expect(refusal(permission, {})).toMatch(/^Only a sheriff or an admin may /);
    }
    for (const permission of ["pool:control", "worker:control"] as const) {
      expect(refusal(permission, { roles: ["admin"] })).toBeNull();
      expect(refusal(permission, { roles: ["developer", "sheriff"] })).toMatch(/^Only an admin may /);
    }
    expect(refusal("pool:control", { roles: ["admin"], scopes: ["read"] })).toMatch(/scope jobs:write/);
  });
});
