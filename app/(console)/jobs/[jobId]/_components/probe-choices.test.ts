import { expect, test } from "vitest";
import type { Worker } from "@/lib/contracts/pool.ts";
import { probeChoices } from "./probe-choices.ts";

const allowed = { allowed: true } as const;

function worker(name: string, over: Partial<Worker> = {}): Worker {
  return {
    id: 1,
    name,
    pools: ["linux"],
    slots: 1,
    platform: null,
    version: null,
    lastSeenAt: null,
    online: true,
    speed: 1,
    control: "enabled",
    controlReason: null,
    controlledBy: null,
    quarantinedUntil: null,
    runIds: [],
    actions: { quarantine: allowed, drain: allowed, disable: allowed, release: allowed, probe: allowed },
    ...over,
  };
}

test("workers in quarantine come first, those of other pools not at all", () => {
  const workers = [worker("a"), worker("b", { control: "quarantined" }), worker("c", { pools: ["mac"] })];
  expect(probeChoices(workers, "linux")).toEqual([
    { name: "b", standing: "in quarantine", refusal: null },
    { name: "a", standing: "in service", refusal: null },
  ]);
});

test("one that takes no probe comes last, with the reason", () => {
  const reason = "The worker a is disabled; release it first.";
  const actions = { ...worker("a").actions, probe: { allowed: false, code: "conflict", reason } as const };
  const workers = [worker("a", { control: "disabled", actions }), worker("b", { online: false })];
  expect(probeChoices(workers, "linux")).toEqual([
    { name: "b", standing: "in service, offline", refusal: null },
    { name: "a", standing: "disabled", refusal: reason },
  ]);
});
