import type { Facts } from "../facts.ts";
import { type Finding, Findings } from "./finding.ts";

/** What a busy machine may need. */
const GENEROUS_MS = 20_000;

const OWNED = /^\{p:(\d+)\}:/;
const SHARED = new Set(["events"]);

/** I32: once the faults are over both stores tell the same order. I35: every key of Redis has an owner or an end, and drained queues are empty. */
export function indexConvergence({ indexChecks, keys, jobs, pools }: Facts): Finding {
  const findings = new Findings("I32 I35", "Redis holds what PostgreSQL says, and nothing else");
  for (const { pool, waiting, tookMs, differences } of indexChecks) {
    findings.count("waiting jobs compared", waiting);
    if (tookMs !== null) findings.max("convergedMs", tookMs);
    findings.expect(
      tookMs !== null && tookMs <= GENEROUS_MS,
      () => `The queue of ${pool} with ${waiting} jobs differs: ${JSON.stringify(differences.slice(0, 5))}.`,
    );
  }
  const known = new Set(pools.map(({ id }) => id));
  for (const { key, type, size, ttl } of keys) {
    const pool = OWNED.exec(key)?.[1];
    findings.expect(
      ttl >= 0 || SHARED.has(key) || (pool !== undefined && known.has(Number(pool))),
      () => `The key ${key} belongs to nobody and never ends.`,
    );
    const isQueue = type === "zset" && /:q(:[a-z-]+)?$/.test(key);
    findings.expect(!isQueue || size === 0, () => `The drained queue ${key} still holds ${size} members.`);
    if (key.endsWith(":v")) {
      findings.expect(size <= jobs.length, () => `${key} remembers ${size} versions of ${jobs.length} jobs.`);
    }
  }
  findings.count("keys", keys.length);
  return findings.done();
}
