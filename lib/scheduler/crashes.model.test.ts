import { expect, it } from "vitest";
import type { Fate } from "../testing/crash.ts";
import { playOne } from "../testing/model/explore.ts";
import { Lane } from "../testing/model/lane.ts";
import type { Move, Step } from "../testing/model/moves.ts";

// Every verb of the protocol with a death at every one of its awaits, before and after it had its effect: what is left is sound, whoever
// asked asks again and is answered as if nothing had happened, and every job comes to its end.

interface Deed {
  name: string;
  /** What was before. */
  before: Move[];
  move: Move;
  /** How whoever asked asks again; the move itself when it names nobody. */
  again?: Move;
}

const safe = { fate: null };
const first = { worker: 0, slot: 0 };
const submit: Move = { do: "submit", ...safe, shape: 0 };
const claim: Move = { do: "claim", ...safe, ...first };
const relay: Move = { do: "relay", ...safe };
const cancel: Move = { do: "cancel", ...safe, job: 0, many: false };
const expire: Move = { do: "expire", ...safe, run: 0 };
const repeat: Move = { do: "repeat", ...safe, command: 0 };
const wipe: Move = { do: "wipe", ...safe };

const DEEDS: Deed[] = [
  { name: "submit", before: [], move: { do: "submit", ...safe, shape: 2 }, again: repeat },
  { name: "claim a hint", before: [relay], move: claim, again: { do: "reclaim", ...safe, ...first } },
  { name: "claim for two jobs", before: [submit, relay], move: claim, again: { do: "reclaim", ...safe, ...first } },
  { name: "claim without Redis", before: [wipe], move: claim, again: { do: "reclaim", ...safe, ...first } },
  { name: "claim on a busy slot", before: [submit, relay, claim, relay], move: claim },
  { name: "finish", before: [submit, relay, claim], move: { do: "finish", ...safe, run: 0, result: "success" } },
  { name: "finish for a retry", before: [relay, claim], move: { do: "finish", ...safe, run: 0, result: "retry" } },
  { name: "finish a lost run", before: [claim, expire], move: { do: "finish", ...safe, run: 0, result: "failure" } },
  { name: "finish a stopped run", before: [claim, cancel], move: { do: "finish", ...safe, run: 0, result: "success" } },
  { name: "take a lost run back", before: [claim, expire, relay], move: { do: "beat", ...safe, run: 0 } },
  { name: "lose a run", before: [submit, relay, claim], move: expire },
  { name: "start anew", before: [submit, relay, claim], move: { do: "reboot", ...safe, worker: 0 } },
  { name: "cancel what waits", before: [relay], move: { ...cancel, many: true }, again: repeat },
  { name: "cancel what runs", before: [relay, claim], move: cancel, again: repeat },
  { name: "undo a cancel", before: [relay, cancel, relay], move: { do: "undo", ...safe, command: 0 }, again: repeat },
  { name: "raise", before: [relay], move: { do: "raise", ...safe, job: 0, many: true, priority: 9 }, again: repeat },
  { name: "retrigger", before: [relay], move: { do: "retrigger", ...safe, job: 0, many: true }, again: repeat },
  { name: "split", before: [submit, relay, claim], move: { do: "split", ...safe, job: 0 } },
  { name: "relay", before: [submit, claim], move: relay },
  { name: "sweep", before: [relay, submit], move: { do: "sweep", ...safe } },
  { name: "rebuild", before: [relay, submit, wipe], move: { do: "rebuild", ...safe } },
  { name: "number the events", before: [submit, claim], move: { do: "number", ...safe } },
];

/** More doors than any verb has. */
const MOST_DOORS = 80;
const LANES = 4;

it("loses nothing wherever a process dies", { timeout: 1_800_000 }, async () => {
  const left = [...DEEDS];
  const doors: Record<string, number> = {};
  const lanes = Array.from({ length: LANES }, async () => {
    const lane = await Lane.open();
    for (let deed = left.shift(); deed; deed = left.shift()) doors[deed.name] = await dieEverywhere(lane, deed);
    await lane.test.drop();
  });
  await Promise.all(lanes);
  const total = Object.values(doors).reduce((sum, count) => sum + count, 0);
  console.log(`${total} doors of ${DEEDS.length} deeds: ${JSON.stringify(doors)}`);
  for (const { name } of DEEDS) expect([name, doors[name]]).toEqual([name, expect.toSatisfy((count) => count > 3)]);
});

/** Plays the deed once for every door and side of it; answers how many doors it has. */
async function dieEverywhere(lane: Lane, deed: Deed): Promise<number> {
  for (let at = 0; at < MOST_DOORS; at++) {
    const died = await play(lane, deed, { kind: "dies", at, when: "before" });
    if (!died) return at;
    // in a transaction both sides are the same: it is undone
    if (died === "outside") await play(lane, deed, { kind: "dies", at, when: "after" });
  }
  throw new Error(`The deed "${deed.name}" has more than ${MOST_DOORS} doors.`);
}

async function play(lane: Lane, deed: Deed, fate: Fate): Promise<"outside" | "in a transaction" | null> {
  const { died, undone } = lane.struck;
  const moves = [...deed.before, { ...deed.move, fate }, deed.again ?? deed.move];
  try {
    await playOne(
      lane,
      moves.map((move): Step => [move]),
    );
  } catch (cause) {
    throw new Error(`${deed.name}, dead ${fate.kind === "dies" ? fate.when : ""} door ${fate.at}: ${cause}`, { cause });
  }
  if (lane.struck.died === died) return null;
  return lane.struck.undone === undone ? "outside" : "in a transaction";
}
