"use client";

import { useSyncExternalStore } from "react";

/** A clock that many components share, so that a page of ages costs one timer. */
class Clock {
  private readonly everyMs: number;
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setInterval> | undefined;
  private now = Date.now();

  constructor(everyMs: number) {
    this.everyMs = everyMs;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => this.tick(), this.everyMs);
    if (Date.now() - this.now > this.everyMs) queueMicrotask(() => this.tick());
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  };

  readonly read = (): number => this.now;

  /** While a page is rendered on the server or taken over by the browser: no timer runs yet. */
  readonly readAtRender = (): number => (typeof window === "undefined" ? Date.now() : this.now);

  private tick(): void {
    this.now = Date.now();
    for (const listener of this.listeners) listener();
  }
}

const slow = new Clock(5_000);
const fast = new Clock(500);

/** What the time (in ms since the epoch) means for a component, looked at twice a second: it renders again when the text is another. */
export function useByTime(meaning: (now: number) => string): string {
  return useSyncExternalStore(
    fast.subscribe,
    () => meaning(fast.read()),
    () => meaning(fast.readAtRender()),
  );
}

/** The time in ms since the epoch, renewed every 5 s, or twice a second with `fast`. */
export function useNow(speed: "slow" | "fast" = "slow"): number {
  const clock = speed === "fast" ? fast : slow;
  return useSyncExternalStore(clock.subscribe, clock.read, clock.readAtRender);
}
