import { QueueClass } from "../../contracts/placement.ts";

/** The sets of a pool's queue in the order in which scripts get their keys; the last one is served after all others. */
export const QUEUE_CLASSES = QueueClass.options;

/** The keys of one pool's queue. The hash tag keeps them in one slot of a cluster, so that a script may touch them together. */
export interface QueueKeys {
  /** Per class a sorted set: member → score, lowest is served first. A member is in one of them at most. */
  queues: Readonly<Record<QueueClass, string>>;
  /** Hash: member → the last version that Redis was told. It outlives a pop and a removal. */
  versions: string;
  /** String that changes with every rebuild; absent means that the queue is not ready. */
  epoch: string;
  /** Sorted set: members whose jobs are done → when that was told (ms); their versions are forgotten later. */
  gone: string;
  /** Sorted set: members that are kept for a worker → until when (ms, Redis's clock). Vanishes when all are over. */
  held: string;
  /** String: the token of the rebuild that may swap itself in. */
  candidate: string;
}

/** The keys of a pool, by its id; names that people choose are never part of a key. */
export function queueKeys(poolId: number): QueueKeys {
  const tag = `{p:${poolId}}`;
  return {
    queues: perClass(`${tag}:q`),
    versions: `${tag}:v`,
    epoch: `${tag}:epoch`,
    gone: `${tag}:gone`,
    held: `${tag}:held`,
    candidate: `${tag}:candidate`,
  };
}

/** Where the rebuild with this token collects its entries until they are swapped in. */
export function rebuildKeys(poolId: number, token: string): Pick<QueueKeys, "queues" | "versions"> {
  const tag = `{p:${poolId}}`;
  return { queues: perClass(`${tag}:q:${token}`), versions: `${tag}:v:${token}` };
}

/** The keys of a pool's waiting workers. */
export interface WaitingKeys {
  /** Sorted set: `<sinceMs>:<workerId>:<slot>` → minus the speed: the fastest first, then who waits longest. */
  order: string;
  /** Sorted set without scores, `<workerId>:<slot>:<sinceMs>`: finds a worker. */
  slots: string;
  /** Sorted set: `<sinceMs>:<workerId>:<slot>` → until when (ms, Redis's clock) it counts without being told again. */
  expiry: string;
}

/** Where the workers are that wait for work of a pool. */
export function waitingKeys(poolId: number): WaitingKeys {
  const tag = `{p:${poolId}}`;
  return { order: `${tag}:w`, slots: `${tag}:ws`, expiry: `${tag}:wx` };
}

/** Where a job is offered to a worker's slot that waits for work of this pool. */
export function offerKey(poolId: number, worker: { workerId: number; slot: number }): string {
  return `{p:${poolId}}:offer:${worker.workerId}:${worker.slot}`;
}

/** A job's member: its id after one character that counts the id's digits, because Redis breaks ties by bytes and not by number. */
export function memberOf(jobId: number): string {
  const digits = String(jobId);
  return digits.length.toString(36) + digits;
}

/** The job that a member stands for. */
export function jobIdOf(member: string): number {
  return Number(member.slice(1));
}

function perClass(prefix: string): Record<QueueClass, string> {
  return {
    any: `${prefix}:any`,
    fast: `${prefix}:fast`,
    reserved: `${prefix}:reserved`,
    "reserved-fast": `${prefix}:reserved-fast`,
    idle: `${prefix}:idle`,
  };
}
