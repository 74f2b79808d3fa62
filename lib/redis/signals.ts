import type { Signals } from "../scheduler/context.ts";
import { PubSub } from "./pub-sub.ts";

const CHANNEL = "signals";

/** Wake-ups over Redis; those of this process work without it. */
export interface RedisSignals extends Signals {
  /** What carries them, for other hints between processes. */
  readonly pubSub: PubSub;
  /** Ends every wait and closes the connections. */
  close(): void;
}

/** Opens the wake-ups of one process. */
export function openSignals(redisUrl: string, report?: (error: Error) => void): RedisSignals {
  const pubSub = new PubSub(redisUrl, report);
  const waiting = new Map<string, Set<() => void>>();
  const listening = new Map<string, Set<() => void>>();
  const unsent = new Set<string>();

  pubSub.subscribe(CHANNEL, (topics) => {
    for (const topic of topics.split(" "))
      for (const wake of [...(waiting.get(topic) ?? []), ...(listening.get(topic) ?? [])]) wake();
  });

  const flush = () => {
    const topics = [...unsent].join(" ");
    unsent.clear();
    pubSub.publish(CHANNEL, topics);
  };

  return {
    pubSub,
    send: (topic) => {
      // many commits of one turn of the event loop are one wake-up, and its topics one message
      if (unsent.size === 0) setImmediate(flush);
      unsent.add(topic);
    },
    next: (topics, timeoutMs, abort) => waitForAny(waiting, topics, timeoutMs, abort),
    listen: (topic, wake) => {
      const own = () => wake();
      enter(listening, topic, own);
      return () => leave(listening, topic, own);
    },
    close: () => {
      for (const wakes of waiting.values()) for (const wake of [...wakes]) wake();
      pubSub.close();
    },
  };
}

function waitForAny(
  waiting: Map<string, Set<() => void>>,
  topics: readonly string[],
  timeoutMs: number,
  abort: AbortSignal | undefined,
): Promise<boolean> {
  if (abort?.aborted) return Promise.resolve(false);
  return new Promise((resolve) => {
    const end = (woken: boolean) => {
      clearTimeout(timer);
      abort?.removeEventListener("abort", giveUp);
      for (const topic of topics) leave(waiting, topic, wake);
      resolve(woken);
    };
    const wake = () => end(true);
    const giveUp = () => end(false);
    const timer = setTimeout(giveUp, timeoutMs);
    abort?.addEventListener("abort", giveUp, { once: true });
    for (const topic of topics) enter(waiting, topic, wake);
  });
}

function enter(waiting: Map<string, Set<() => void>>, topic: string, wake: () => void): void {
  const wakes = waiting.get(topic) ?? new Set();
  waiting.set(topic, wakes);
  wakes.add(wake);
}

/** Topics name pools and workers that come and go, so an empty one is forgotten. */
function leave(waiting: Map<string, Set<() => void>>, topic: string, wake: () => void): void {
  const wakes = waiting.get(topic);
  wakes?.delete(wake);
  if (wakes?.size === 0) waiting.delete(topic);
}
