import type { Supervised } from "../processes/supervised.ts";
import type { Random } from "../random.ts";
import type { World } from "../world.ts";
import type { Nemesis, Part } from "./nemesis.ts";

type Kind = "webs" | "timers" | "workers" | "agents";
const PART: Record<Kind, Part> = { webs: "web", timers: "timer", workers: "worker", agents: "worker" };

function kill(kind: Kind, name: string): Nemesis {
  return {
    kind: `kill -9 ${name}`,
    seconds: [0, 0],
    needs: [],
    strike: (world, random) => {
      const victim = choose(world, random, kind);
      victim.signal("SIGKILL");
      return { target: victim.name, parts: [PART[kind]] };
    },
  };
}

function freeze(kind: Kind, name: string, seconds: readonly [number, number]): Nemesis {
  return {
    kind: `stop and continue ${name}`,
    seconds,
    needs: [`frozen ${name}`],
    strike: (world, random) => {
      const victim = choose(world, random, kind);
      victim.signal("SIGSTOP");
      return { target: victim.name, parts: [PART[kind]], end: () => victim.signal("SIGCONT") };
    },
  };
}

function choose(world: World, random: Random, kind: Kind): Supervised {
  return random.pick(world[kind]);
}

/** Processes that die, and processes that stand still for a while, some of them for longer than a lease. */
export const PROCESS_NEMESES: readonly Nemesis[] = [
  kill("webs", "web"),
  kill("timers", "timer"),
  kill("workers", "worker"),
  kill("agents", "agent"),
  freeze("webs", "web", [1, 8]),
  freeze("timers", "timer", [1, 10]),
  freeze("workers", "worker", [1, 4]),
  { ...freeze("workers", "worker", [9, 13]), kind: "stop worker for longer than its lease" },
];
