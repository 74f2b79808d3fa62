import type { Sql } from "../db/sql.ts";
import type { RedisClient } from "../redis/open-redis.ts";
import type { RedisSignals } from "../redis/signals.ts";
import { EventFeed } from "./event-feed.ts";
import { EventLog } from "./event-log.ts";
import { EventStream } from "./event-stream.ts";
import { OutputHints } from "./output-hints.ts";

/** What a process needs to follow the events, and to tell that logs grew. Once per process. */
export interface Events {
  log: EventLog;
  feed: EventFeed;
  outputs: OutputHints;
}

/** Opens the events of one process over the doors that it has open. `feed.close()` ends its subscriptions. */
export function openEvents(doors: {
  sql: Sql;
  redis: RedisClient;
  signals: RedisSignals;
  report?: (error: unknown) => void;
  /** How long a reader may not read; for tests. */
  patienceMs?: number;
}): Events {
  const outputs = new OutputHints(doors.signals.pubSub);
  const log = new EventLog(doors.sql, new EventStream(doors.redis));
  const { signals, report = () => {}, patienceMs } = doors;
  const feed = new EventFeed({ log, signals, outputs, report, ...(patienceMs !== undefined && { patienceMs }) });
  return { log, outputs, feed };
}
