/** The moments at which busy slots become free, the earliest first. A binary heap over two flat arrays, because a forecast makes a million steps. */
export class SlotHeap {
  private times = new Float64Array(64);
  private fasts = new Uint8Array(64);
  private length = 0;

  /** How many slots are busy. */
  get size(): number {
    return this.length;
  }

  /** Forgets all slots. */
  clear(): void {
    this.length = 0;
  }

  /** A slot is busy until `time`. */
  push(time: number, fast: boolean): void {
    if (this.length === this.times.length) this.grow();
    let at = this.length++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.times[parent] ?? 0;
      if (above <= time) break;
      this.move(parent, at);
      at = parent;
    }
    this.set(at, time, fast);
  }

  /** When the first slot becomes free; Infinity when none is busy. */
  firstTime(): number {
    return this.length === 0 ? Number.POSITIVE_INFINITY : (this.times[0] ?? 0);
  }

  /** Takes the first slot out; whether it is one of a fast worker. */
  popFast(): boolean {
    const fast = this.fasts[0] === 1;
    this.length -= 1;
    if (this.length > 0) this.sink(this.times[this.length] ?? 0, this.fasts[this.length] === 1);
    return fast;
  }

  /** The first slot to become free is busy until `time` instead. */
  putOff(time: number): void {
    this.sink(time, this.fasts[0] === 1);
  }

  /** Every busy slot, in no order. */
  *all(): Generator<{ time: number; fast: boolean }> {
    for (let at = 0; at < this.length; at++) yield { time: this.times[at] ?? 0, fast: this.fasts[at] === 1 };
  }

  private sink(time: number, fast: boolean): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.length) break;
      if (child + 1 < this.length && (this.times[child + 1] ?? 0) < (this.times[child] ?? 0)) child += 1;
      if ((this.times[child] ?? 0) >= time) break;
      this.move(child, at);
      at = child;
    }
    this.set(at, time, fast);
  }

  private move(from: number, to: number): void {
    this.times[to] = this.times[from] ?? 0;
    this.fasts[to] = this.fasts[from] ?? 0;
  }

  private set(at: number, time: number, fast: boolean): void {
    this.times[at] = time;
    this.fasts[at] = fast ? 1 : 0;
  }

  private grow(): void {
    const times = new Float64Array(2 * this.times.length);
    times.set(this.times);
    this.times = times;
    const fasts = new Uint8Array(2 * this.fasts.length);
    fasts.set(this.fasts);
    this.fasts = fasts;
  }
}
