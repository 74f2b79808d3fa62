/** A queue under measurement. Jobs have ids from 1; each call is one round trip of the queue's own client unless it says otherwise. */
export interface Subject<Claimed = unknown> {
  readonly name: string;
  /** Adds the jobs from one id to another, both included, as fast as the queue's own means allow. Not measured. */
  fill(from: number, to: number): Promise<void>;
  /** Adds a job at a random place. */
  add(jobId: number): Promise<void>;
  /** Moves a waiting job to another random place. */
  reprioritize(jobId: number): Promise<void>;
  /** Takes a waiting job out. */
  remove(jobId: number): Promise<void>;
  /** Takes the next job. */
  claim(): Promise<Claimed>;
  /** The claimed job is done and need not be kept. */
  finish(claimed: Claimed): Promise<void>;
  /** Finishes one and takes the next in the same round trip, where the queue can do that. */
  finishAndClaim?(claimed: Claimed): Promise<Claimed>;
  jobIdOf(claimed: Claimed): number;
  close(): Promise<void>;
}

/** What is measured of a queue, each with one job at a time. */
export const OPERATIONS = ["claim and finish", "add", "reprioritize", "remove"] as const;
export type Operation = (typeof OPERATIONS)[number];
