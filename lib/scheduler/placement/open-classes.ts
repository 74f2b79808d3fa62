import type { QueueClass } from "../../contracts/placement.ts";

/** What a pool says about who takes what. */
export interface ClassedPool {
  /** Workers of at least this speed are fast; null when they are not told apart: then all of them count as fast. */
  fastSpeed: number | null;
  /** Fast workers of the pool that are online, whether they are free or not. */
  fastOnline: number;
  /** So many free fast workers are kept for the reserved classes. */
  reserveWorkers: number;
  /** Idle-class jobs run only while more than this many workers are free. */
  idleAbove: number;
}

/** Free slots of a pool's workers, the asking one's included; `fast` counts those of fast workers, none when they are not told apart. */
export interface FreeSlots {
  all: number;
  fast: number;
}

/**
 * Which sets of the pool's queue a worker may take from now. A fast worker is kept for the reserved classes while no more than
 * `reserveWorkers` fast ones are free; a slow one takes work for fast ones only while no fast one is online; idle work waits until more
 * than `idleAbove` are free.
 */
export function openClasses(asker: { speed: number; pool: ClassedPool; free: FreeSlots }): QueueClass[] {
  const { speed, pool, free } = asker;
  const fast = pool.fastSpeed === null || speed >= pool.fastSpeed;
  if (fast && keptBack(pool, free)) return ["reserved", "reserved-fast"];
  const classes: QueueClass[] = ["any", "reserved"];
  if (fast || pool.fastOnline === 0) classes.push("fast", "reserved-fast");
  if (free.all > pool.idleAbove) classes.push("idle");
  return classes;
}

/** How many of the free slots may take a job of this class. */
export function freeFor(queueClass: QueueClass, pool: ClassedPool, free: FreeSlots): number {
  const fast = pool.fastSpeed === null ? free.all : free.fast;
  const slow = free.all - fast;
  const takes = (speed: number) => openClasses({ speed, pool, free }).includes(queueClass);
  const ofFast = takes(pool.fastSpeed ?? 1) ? fast : 0;
  return ofFast + (slow > 0 && takes(Number.NEGATIVE_INFINITY) ? slow : 0);
}

/** Whether the free fast workers are so few that all of them are kept. */
function keptBack(pool: ClassedPool, free: FreeSlots): boolean {
  const fast = pool.fastSpeed === null ? free.all : free.fast;
  return pool.reserveWorkers > 0 && fast <= pool.reserveWorkers;
}
