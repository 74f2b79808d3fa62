import type { Event } from "../contracts/event.ts";
import type { RedisClient } from "../redis/open-redis.ts";

const KEY = "events";

/** About as many of the newest events stay in Redis; older ones are read from PostgreSQL. */
const KEPT = 50_000;

/** The newest events in Redis, under their own numbers. A copy: it may be empty, cut off or missing at any time. */
export class EventStream {
  private readonly redis: RedisClient;

  constructor(redis: RedisClient) {
    this.redis = redis;
  }

  /** The number of the newest event in it; null when it holds none. */
  async last(): Promise<number | null> {
    const [newest] = await this.redis.xrevrange(KEY, "+", "-", "COUNT", 1);
    return newest ? seqOf(newest[0]) : null;
  }

  /** Adds events, oldest first. Those that are not newer than its newest are there already and are passed over. */
  async append(events: readonly Event[]): Promise<void> {
    const pipeline = this.redis.pipeline();
    for (const event of events)
      pipeline.xadd(KEY, "MAXLEN", "~", KEPT, `${event.seq}-0`, "event", JSON.stringify(event));
    for (const [error] of (await pipeline.exec()) ?? []) if (error && !isThereAlready(error)) throw error;
  }

  /** Events after number `seq`, at most `limit`, without a gap: none when the very next one is not in it. */
  async after(seq: number, limit: number): Promise<Event[]> {
    const entries = await this.redis.xrange(KEY, `${seq + 1}-0`, "+", "COUNT", limit);
    const firstGap = entries.findIndex(([id], index) => seqOf(id) !== seq + 1 + index);
    return (firstGap < 0 ? entries : entries.slice(0, firstGap)).map(([, fields]) => JSON.parse(fields[1] ?? ""));
  }

  /** Forgets all of it. For when PostgreSQL has gone back in time. */
  async clear(): Promise<void> {
    await this.redis.del(KEY);
  }
}

function seqOf(id: string): number {
  return Number(id.slice(0, id.indexOf("-")));
}

/** Redis refuses an id twice, which is what makes two relays harmless. */
function isThereAlready(error: Error): boolean {
  return error.message.includes("equal or smaller");
}
