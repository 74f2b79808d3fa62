import { readBusyPools, readProbedWorkers } from "../db/sql/read-claim.ts";
import type { Database } from "../db/sql.ts";
import type { Signals } from "./context.ts";
import type { FreeSlots } from "./placement/open-classes.ts";
import type { PoolQueues } from "./queue/pool-queues.ts";
import type { Guest, Looked, Occasion, Room, Stay } from "./room.ts";
import { lookWhileFound, WaitingSeat } from "./waiting-seat.ts";

/**
 * Who waits also looks, all of a process together. A lost wake-up costs two seconds at most: a job that was offered to somebody who did not
 * hear of it is held for the first of them.
 */
export const LOOK_EVERY_MS = 1_000;
/** Every so many looks Redis is told who still waits; it forgets whoever it has not heard of for 30 s. */
const REFRESH_EVERY = 8;

/** What the room works with. */
export interface RoomDoors {
  queues: PoolQueues;
  sql: Database;
  signals: Signals;
  /** Other than the usual second; for tests. */
  lookEveryMs?: number;
}

/** The guests who wait for work of one pool. */
interface PoolGuests {
  seats: Set<WaitingSeat>;
  stopListening: () => void;
  /** Rounds that are still to be made. */
  rounds: Set<Occasion>;
  busy: boolean;
}

/**
 * The claims of one process that wait. Each stands in the registry of waiting workers, where the relay finds the best one for a job that
 * arrives. For jobs that were offered to nobody, one guest of each kind looks first, and more of that kind as long as they find something.
 */
export class WaitingRoom implements Room {
  private readonly doors: RoomDoors;
  private readonly seats = new Map<string, WaitingSeat>();
  private readonly pools = new Map<number, PoolGuests>();
  private timer: NodeJS.Timeout | undefined;
  private looks = 0;
  private looking = false;

  constructor(doors: RoomDoors) {
    this.doors = doors;
  }

  async wait<Found>(guest: Guest<Found>, { waitSeconds, abort }: Stay): Promise<Found | undefined> {
    if (abort?.aborted) return undefined;
    const seat = new WaitingSeat(guest);
    const stopListening = this.sitDown(seat);
    const leave = () => seat.leave();
    const timer = setTimeout(leave, waitSeconds * 1_000);
    abort?.addEventListener("abort", leave, { once: true });
    try {
      await this.tell(() => this.doors.queues.waiting.enter(guest));
      void seat.look("entered"); // what has come since the look before was offered to others
      return await seat.ended;
    } finally {
      clearTimeout(timer);
      abort?.removeEventListener("abort", leave);
      stopListening();
      this.standUp(seat);
    }
  }

  free(poolId: number, fastSpeed: number | null): FreeSlots {
    const speeds = [...(this.pools.get(poolId)?.seats ?? [])].map(({ guest }) => guest.speed);
    const fast = fastSpeed === null ? 0 : speeds.filter((speed) => speed >= fastSpeed).length;
    return { all: speeds.length, fast };
  }

  /** A newer claim of the same slot ends the older one. */
  private sitDown<Found>(seat: WaitingSeat<Found>): () => void {
    const { guest } = seat;
    const known = seat as WaitingSeat;
    this.seats.get(slotOf(guest))?.leave();
    this.seats.set(slotOf(guest), known);
    for (const poolId of guest.poolIds) this.poolOf(poolId).seats.add(known);
    this.timer ??= setInterval(() => void this.lookForAll(), this.doors.lookEveryMs ?? LOOK_EVERY_MS).unref();
    return this.doors.signals.listen(`slot:${slotOf(guest)}`, () => void seat.take(() => this.takeOffer(seat)));
  }

  private standUp<Found>(seat: WaitingSeat<Found>): void {
    const { guest } = seat;
    const known = seat as WaitingSeat;
    for (const poolId of guest.poolIds) {
      const pool = this.pools.get(poolId);
      pool?.seats.delete(known);
      if (pool?.seats.size !== 0) continue;
      pool.stopListening();
      this.pools.delete(poolId);
    }
    if (this.seats.get(slotOf(guest)) !== known) return; // its successor waits in the same slot
    this.seats.delete(slotOf(guest));
    if (this.seats.size === 0) {
      clearInterval(this.timer);
      this.timer = undefined;
    }
    void this.tell(() => this.doors.queues.waiting.leave(guest));
    void this.tell(() => this.passOn(guest));
  }

  /** What was offered to a guest who is gone, or found other work at the same moment, is there for everybody. */
  private async passOn(guest: Guest<unknown>): Promise<void> {
    const offer = await this.doors.queues.waiting.takeOffer(guest);
    if (offer) this.doors.signals.send(`pool:${offer.poolId}`);
  }

  private async takeOffer<Found>(seat: WaitingSeat<Found>): Promise<Looked<Found>> {
    const { guest } = seat;
    const offer = await this.tell(() => this.doors.queues.waiting.takeOffer(guest));
    if (!offer) return "nothing"; // this signal was late, or a second one
    const looked = await guest.take(offer);
    if (looked === "held") seat.quiet = true;
    else if (looked === "nothing") await this.tell(() => this.doors.queues.waiting.enter(guest));
    return looked;
  }

  /** For all guests together, whatever signals were lost. A store that is away is asked again the next time. */
  private async lookForAll(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    this.looks++;
    const guests = [...this.seats.values()].filter((seat) => !seat.quiet).map((seat) => seat.guest);
    try {
      if (this.looks % REFRESH_EVERY === 0) await this.tell(() => this.doors.queues.waiting.refresh(guests));
      const workerIds = [...new Set([...this.seats.values()].map(({ guest }) => guest.workerId))];
      const [busy, probed] = await Promise.all([
        readBusyPools(this.doors.sql, [...this.pools.keys()]),
        readProbedWorkers(this.doors.sql, workerIds),
      ]);
      for (const poolId of busy) void this.round(poolId, "timed");
      for (const seat of this.seats.values()) if (probed.includes(seat.guest.workerId)) void seat.look("probed");
    } catch {
      // whoever asks for work now hears of it
    } finally {
      this.looking = false;
    }
  }

  private poolOf(poolId: number): PoolGuests {
    const known = this.pools.get(poolId);
    if (known) return known;
    const stopListening = this.doors.signals.listen(`pool:${poolId}`, () => void this.round(poolId, "woken"));
    const pool: PoolGuests = { seats: new Set(), stopListening, rounds: new Set(), busy: false };
    this.pools.set(poolId, pool);
    return pool;
  }

  /** Has the guests of a pool look. Signals that come meanwhile are one round more. */
  private async round(poolId: number, occasion: Occasion): Promise<void> {
    const pool = this.pools.get(poolId);
    if (!pool) return;
    pool.rounds.add(occasion);
    if (pool.busy) return;
    pool.busy = true;
    for (const next of pool.rounds) {
      pool.rounds.delete(next);
      const kinds = Map.groupBy([...pool.seats].toSorted(bestFirst), (seat) => seat.guest.kind);
      await Promise.all([...kinds.values()].map((seats) => lookWhileFound(seats, next)));
    }
    pool.busy = false;
  }

  /** What fails because Redis is not ready costs nothing but the hint. */
  private async tell<Reply>(ask: () => Promise<Reply>): Promise<Reply | undefined> {
    try {
      return await ask();
    } catch {
      return undefined;
    }
  }
}

function bestFirst(a: WaitingSeat, b: WaitingSeat): number {
  return b.guest.speed - a.guest.speed || a.sinceMs - b.sinceMs;
}

function slotOf({ workerId, slot }: { workerId: number; slot: number }): string {
  return `${workerId}:${slot}`;
}
