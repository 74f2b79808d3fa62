import { describe, expect, it } from "vitest";
import { WorkerAction, WorkerControl } from "../contracts/control.ts";
import type { Role } from "../contracts/me.ts";
import type { Actor } from "./context.ts";
import { allowedWorkerActions } from "./worker-actions.ts";

const person = (...roles: Role[]): Actor => ({
  kind: "user",
  userId: 1,
  login: "someone",
  roles,
  scopes: ["read", "jobs:write"],
  via: "session",
  ip: null,
});

/** The actions that are open, each with `!` when the worker's state is against it, for every control. */
function table(actor: Actor) {
  return Object.fromEntries(
    WorkerControl.options.map((control) => {
      const actions = allowedWorkerActions(actor, { name: "w1", control, controlReason: "a reason" });
      const open = WorkerAction.options.flatMap((action) => {
        const allowed = actions[action];
        if (allowed.allowed) return [action];
        return allowed.code === "conflict" ? [`!${action}`] : [];
      });
      return [control, open.join(" ")];
    }),
  );
}

describe("allowedWorkerActions", () => {
  it("lets an admin do everything that does not let work in again by the way", () => {
    expect(table(person("admin"))).toEqual({
      enabled: "quarantine drain disable release probe",
      quarantined: "quarantine drain disable release probe",
      draining: "!quarantine drain disable release !probe",
      disabled: "!quarantine !drain disable release !probe",
    });
  });

  it("lets a sheriff quarantine and probe, and release from quarantine only", () => {
    expect(table(person("sheriff"))).toEqual({
      enabled: "quarantine release probe",
      quarantined: "quarantine release probe",
      draining: "!quarantine !probe",
      disabled: "!quarantine !probe",
    });
  });

  it("lets nobody else do anything, and the product itself all", () => {
    const nothing = { enabled: "", quarantined: "", draining: "", disabled: "" };
    expect(table(person("developer"))).toEqual(nothing);
    expect(table(person())).toEqual(nothing);
    expect(table({ kind: "hook", name: "h", scopes: ["pushes:write"], via: "token", ip: null })).toEqual(nothing);
    expect(table({ kind: "system", name: "timer", via: "system", ip: null })).toEqual(table(person("admin")));
  });

  it("says why not in whole sentences", () => {
    const worker = { name: "w1", control: "disabled" as const, controlReason: "It burns." };
    expect(allowedWorkerActions(person("sheriff"), worker)).toMatchObject({
      quarantine: { code: "conflict", reason: "The worker w1 is disabled (It burns.); release it first." },
      drain: { code: "forbidden", reason: "Only an admin may drain and disable workers." },
      release: { code: "forbidden", reason: "Only an admin may drain and disable workers." },
    });
  });
});
