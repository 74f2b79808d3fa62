import type { Sql } from "../db/sql.ts";
import { databaseNowMs } from "../scheduler/relay/queue-rows.ts";

/** A database that was not heard of for this long was away for the workers, too. */
const SILENCE_MS = 10_000;

/**
 * Until when no lease may expire: one whole lease from the first look and from the first answer after the database was away, by
 * the database's clock. Workers could not renew their leases meanwhile, so they are heard first.
 */
export class LeaseGrace {
  private readonly sql: Sql;
  private readonly leaseMs: number;
  private heardAt: number | undefined;
  private graceUntil = 0;

  constructor(sql: Sql, leaseSeconds: number) {
    this.sql = sql;
    this.leaseMs = leaseSeconds * 1000;
  }

  /** The moment in ms since 1970. Throws while the database is away; ask at least every few seconds. */
  async until(): Promise<number> {
    const heardAt = this.heardAt;
    this.heardAt = undefined; // stays so when the database does not answer
    const now = await databaseNowMs(this.sql);
    if (heardAt === undefined || performance.now() - heardAt > SILENCE_MS) this.graceUntil = now + this.leaseMs;
    this.heardAt = performance.now();
    return this.graceUntil;
  }

  /** The database did not answer somebody else who asked. */
  missed(): void {
    this.heardAt = undefined;
  }
}
