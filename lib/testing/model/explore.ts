import { inspect } from "node:util";
import fc from "fast-check";
import { drain } from "./drain.ts";
import { History } from "./history.ts";
import { Lane } from "./lane.ts";
import type { Step } from "./moves.ts";
import { history } from "./scenes.ts";

/** How many histories to play, on how many lanes at once, from which seed. */
export interface Exploration {
  histories: number;
  lanes: number;
  seed: number;
  /** Makes a history that fails as short as possible before it is told. */
  shrinks: boolean;
  /** Plays only the history that a report names by its seed and path. */
  path?: string;
}

/** What came of it. */
export interface Explored {
  played: number;
  seconds: number;
  /** The rule that a history broke, in a few words, and which history, and how to play it again. */
  broken: { rule: string; report: string } | null;
  /** How often each kind of event took place, and each fate struck; what never did was not tested. */
  seen: Record<string, number>;
}

/** Plays random histories on several lanes at once; all end with the first that breaks a rule. */
export async function explore({ histories, lanes, seed, shrinks, path }: Exploration): Promise<Explored> {
  const began = performance.now();
  let played = 0;
  let broken: Explored["broken"] = null;
  const seen: Explored["seen"] = {};
  const explored = Array.from({ length: path === undefined ? lanes : 1 }, async (_, index) => {
    const stage = new Stage(seen);
    const property = fc.asyncProperty(history, async (steps) => {
      fc.pre(broken === null);
      played++;
      await stage.play(steps);
    });
    const details = await fc.check(property, {
      numRuns: Math.ceil((histories - index) / lanes),
      seed: seed + index,
      endOnFailure: !shrinks,
      maxSkipsPerRun: 1,
      ...(path !== undefined && { path }),
    });
    await stage.close();
    if (details.failed) broken ??= toBroken(details);
  });
  await Promise.all(explored);
  return { played, seconds: (performance.now() - began) / 1000, broken, seen };
}

/** A history that broke a rule, as far as it was played. */
class BrokenHistory extends Error {
  constructor(cause: unknown, steps: readonly Step[]) {
    super(["the history was:", ...steps.map((step) => JSON.stringify(step))].join("\n  "), { cause });
  }
}

function toBroken({ errorInstance, seed, counterexamplePath }: fc.RunDetails<[Step[]]>): Explored["broken"] {
  const { cause, message } = errorInstance instanceof Error ? errorInstance : new Error(String(errorInstance));
  const rule = ruleOf(cause ?? errorInstance);
  const again = `npm run model -- --seed ${seed} --path ${counterexamplePath}`;
  return { rule, report: `${rule}; to play it again: ${again}\n${message}\n${inspect(cause)}` };
}

/** What was broken: by the name of a constraint of the database, or by the beginning of an error's message. */
function ruleOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ("constraint" in error && typeof error.constraint === "string") return `constraint ${error.constraint}`;
  return (error.message.split("\n")[0] ?? "").split(": expected")[0] ?? "";
}

const SEEN = `
  SELECT type AS what, count(*) AS times FROM events GROUP BY type
  UNION ALL SELECT 'shared run', count(*) FROM (SELECT run_id FROM run_members GROUP BY run_id HAVING count(*) > 1) AS shared
  UNION ALL SELECT 'undone ' || item.outcome, count(*) FROM command_items item JOIN commands c ON c.id = item.command_id
    WHERE c.undo_of_id IS NOT NULL GROUP BY item.outcome`;

/** Where the histories of a lane are played; the stores of one that failed are not used again. */
class Stage {
  private readonly seen: Explored["seen"];
  private lane: Lane | null = null;

  constructor(seen: Explored["seen"]) {
    this.seen = seen;
  }

  async play(steps: readonly Step[]): Promise<void> {
    this.lane ??= await Lane.open();
    const { lane } = this;
    try {
      await playOne(lane, steps);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { lane } = this;
    if (!lane) return;
    this.lane = null;
    for (const [what, times] of Object.entries(lane.struck)) this.count(what, times);
    for (const { what, times } of await lane.test.sql.rows<{ what: string; times: number }>(SEEN))
      this.count(what, times);
    await lane.test.drop();
  }

  private count(what: string, times: number): void {
    this.seen[what] = (this.seen[what] ?? 0) + times;
  }
}

/** One history from its first push to the end of its last job. An error names the steps that were played. */
export async function playOne(lane: Lane, steps: readonly Step[]): Promise<void> {
  const { last } = await lane.test.sql.one<{ last: number }>("SELECT coalesce(max(id), 0) AS last FROM jobs");
  const history = new History(lane, last);
  const played: Step[] = [];
  try {
    await history.people.submit(null, 2);
    for (const step of steps) {
      played.push(step);
      await history.play(step);
    }
    await drain(history, last);
  } catch (error) {
    throw new BrokenHistory(error, played);
  }
}
