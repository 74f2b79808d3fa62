import { QueueClass } from "../../contracts/placement.ts";
import { type ClassedPool, openClasses } from "../placement/open-classes.ts";

const CLASSES = QueueClass.options;
const PLENTY = 2 ** 30;

/** Which classes are open to whom, as bits in the order of `QueueClass`; asked a million times, so each answer is kept. */
export class OpenMasks {
  private readonly pool: ClassedPool;
  private readonly known = new Map<number, number>();

  constructor(pool: ClassedPool) {
    this.pool = pool;
  }

  /** The classes that a fast or a slow worker may take from while so many slots are free. */
  of(fast: boolean, freeAll: number, freeFast: number): number {
    // above these bounds more free slots change nothing
    const all = Math.min(freeAll, Math.max(this.pool.idleAbove, this.pool.reserveWorkers) + 1);
    const ofFast = Math.min(freeFast, this.pool.reserveWorkers + 1);
    const key = (all * PLENTY + ofFast) * 2 + (fast ? 1 : 0);
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const mask = this.ask(fast, all, ofFast);
    this.known.set(key, mask);
    return mask;
  }

  /** Whether such a worker may take this class while enough others are free. */
  everOpen(fast: boolean, queueClass: QueueClass): boolean {
    return ((this.ask(fast, PLENTY, PLENTY) >> CLASSES.indexOf(queueClass)) & 1) === 1;
  }

  /** Whether such a worker may take this class however few others are free. */
  alwaysOpen(fast: boolean, queueClass: QueueClass): boolean {
    return ((this.ask(fast, 1, fast ? 1 : 0) >> CLASSES.indexOf(queueClass)) & 1) === 1;
  }

  /** The places of each class's jobs in the order, by class as the bits are. */
  lines(order: readonly QueueClass[]): number[][] {
    const lines = CLASSES.map((): number[] => []);
    for (const [place, queueClass] of order.entries()) lines[CLASSES.indexOf(queueClass)]?.push(place);
    return lines;
  }

  private ask(fast: boolean, all: number, ofFast: number): number {
    const { pool } = this;
    const speed = fast ? (pool.fastSpeed ?? 1) : Number.NEGATIVE_INFINITY;
    const open = openClasses({ speed, pool, free: { all, fast: ofFast } });
    return open.reduce((mask, queueClass) => mask | (1 << CLASSES.indexOf(queueClass)), 0);
  }
}
