import type { Role, TokenScope } from "../contracts/me.ts";
import type { PrismaClient } from "../db/prisma.ts";
import type { Database } from "../db/sql.ts";
import type { PoolQueues } from "./queue/pool-queues.ts";

/** Who is asking. Roles come from the directory's groups by configuration; scopes bound what a token may do. */
export type Actor =
  | {
      kind: "user";
      userId: number;
      login: string;
      roles: readonly Role[];
      scopes: readonly TokenScope[];
      via: string;
      ip: string | null;
    }
  | { kind: "hook"; name: string; scopes: readonly TokenScope[]; via: string; ip: string | null }
  | { kind: "worker"; workerId: number; bootId: string; name: string; via: string; ip: string | null }
  | { kind: "system"; name: string; via: "system"; ip: null };

/** Figures of the deployment that rules need. All times in the unit that their name ends with. */
export interface SchedulerSettings {
  /** A worker's right to a run, by the database's clock. */
  leaseSeconds: number;
  /** A claim gives up on Redis after this and asks PostgreSQL. */
  redisTimeoutMs: number;
  /** Infrastructure faults that a job survives. */
  retryLimit: number;
  /** Lost workers in a row that end a job. */
  lostLimit: number;
}

/** What every verb gets: who asks, and the doors to the two stores. */
export interface SchedulerContext {
  actor: Actor;
  settings: SchedulerSettings;
  /** Transactions and hot reads, by SQL. */
  sql: Database;
  /** Plain reads. */
  prisma: PrismaClient;
  /** The order of who is next, in Redis; rebuildable, never the truth. */
  queues: PoolQueues;
  /** Tells the relay that a commit left something for it. A hint: without it the sweep finds the work all the same. */
  nudgeRelay: () => void;
  requestId: string;
}
