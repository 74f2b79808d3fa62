import type { Role, TokenScope } from "../contracts/me.ts";
import type { PrismaClient } from "../db/prisma.ts";
import type { Database } from "../db/sql.ts";
import type { PoolQueues } from "./queue/pool-queues.ts";
import type { Room } from "./room.ts";

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
  /** Infrastructure faults that a job survives whose definition says nothing of them. */
  retryLimit: number;
  /** Lost workers in a row that end a job. */
  lostLimit: number;
}

/** How much a job survives, in every deployment; its builder may have another limit of retries. */
export const JOB_LIMITS = { retryLimit: 5, lostLimit: 3 } as const satisfies Partial<SchedulerSettings>;

/**
 * Wake-ups between processes. Each is a hint: a lost one costs at most two seconds, because who waits also looks.
 * Topics: `relay` (a commit left work for the relay), `pool:<id>` (a job arrived that was offered to nobody), `slot:<worker>:<slot>` (a job is
 * offered to it), `worker:<id>` (one of its runs was cancelled), `control:<worker>` (it was taken out of service or let in again).
 */
export interface Signals {
  /** Never throws and never waits. */
  send(topic: string): void;
  /** Resolves true at the next signal on any of the topics, false after `timeoutMs` or when `abort` fires. */
  next(topics: readonly string[], timeoutMs: number, abort?: AbortSignal): Promise<boolean>;
  /** Calls `wake` at every signal on the topic until the answered function is called. */
  listen(topic: string, wake: () => void): () => void;
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
  signals: Signals;
  /** Where claims wait for work. */
  room: Room;
  /** Hears of what went wrong while the work went on. */
  report: (error: unknown) => void;
  requestId: string;
}
