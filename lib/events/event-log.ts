import type { Event } from "../contracts/event.ts";
import type { Sql } from "../db/sql.ts";
import type { EventStream } from "./event-stream.ts";
import { eventsAfter, lastNumber } from "./publish-events.ts";

/** Every numbered event, from Redis when it has it and from PostgreSQL when not. */
export class EventLog {
  private readonly sql: Sql;
  private readonly stream: EventStream;
  private readonly retentionDays: number;

  constructor(sql: Sql, stream: EventStream, retentionDays = 7) {
    this.sql = sql;
    this.stream = stream;
    this.retentionDays = retentionDays;
  }

  /** The next events after `seq`, at most `limit`, in order and without a gap. */
  async after(seq: number, limit: number): Promise<Event[]> {
    const quick = await this.stream.after(seq, limit).catch(() => []);
    return quick.length > 0 ? quick : eventsAfter(this.sql, seq, limit);
  }

  /** The number of the newest event. */
  last(): Promise<number> {
    return lastNumber(this.sql);
  }

  /**
   * Whether a reader that has seen everything up to `seq` can be given all the rest. Not when the next event is older than the
   * retention or gone, nor when `seq` was never given out (the database was restored): then it must read its pages anew.
   */
  async reaches(seq: number): Promise<boolean> {
    const [quick] = await this.stream.after(seq, 1).catch(() => []);
    if (quick) return this.isKept(quick);
    const last = await this.last(); // before the next one is looked for: then it is not taken for missing when it is only young
    const [next] = await eventsAfter(this.sql, seq, 1);
    if (!next) return seq === last;
    return next.seq === seq + 1 && this.isKept(next);
  }

  private isKept(event: Event): boolean {
    return Date.parse(event.at) > Date.now() - this.retentionDays * 86_400_000;
  }
}
