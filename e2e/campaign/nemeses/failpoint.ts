import { Failpoints } from "../failpoints.ts";
import type { Nemesis } from "./nemesis.ts";

/** Points between which every promise of the protocol is made or kept; the long level finds and sweeps all there are. */
const POINTS = [
  "claim/COMMIT:before",
  "claim/COMMIT:after",
  "claim/redis pop:after",
  "claim/answer:before",
  "finish/COMMIT:before",
  "finish/COMMIT:after",
  "log/COMMIT:after",
  "register/COMMIT:after",
  "commands/COMMIT:before",
  "commands/COMMIT:after",
  "priority/COMMIT:after",
  "retrigger/COMMIT:after",
  "cancel/COMMIT:after",
  "undo/COMMIT:after",
  "pushes/COMMIT:after",
  "relay-queue/redis put:before",
  "relay-queue/redis put:after",
  "number-events/COMMIT:before",
  "number-events/COMMIT:after",
  "chain-audit/COMMIT:after",
];

const PATIENCE_MS = 6_000;

/** A process dies at one of the protocol's points. */
export const FAILPOINT: Nemesis = {
  kind: "death at a failpoint",
  seconds: [0, 0],
  needs: ["failpoint"],
  strike: async (world, random) => {
    const point = random.pick(POINTS);
    const victim = await new Failpoints(world.failpoints).kill(point, PATIENCE_MS);
    if (victim === null) throw new Error(`No process came to ${point}.`);
    return { target: victim, parts: [victim.startsWith("web") ? "web" : "timer"], detail: point };
  },
};
