import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { openRedis, type RedisClient } from "./open-redis.ts";
import { parseRedisAddress } from "./redis-address.ts";

type Listener = (text: string) => void;

/** How often the listening connection is asked whether it still lives. */
const PING_MS = 15_000;

/**
 * Texts that reach every process that listens just now, this one at once and also without Redis. Nothing is kept and nothing is
 * repeated, so only hints go this way. Channels belong to the logical database of the URL, so that tests do not hear each other.
 */
export class PubSub {
  private readonly source = randomUUID();
  private readonly prefix: string;
  private readonly sender: RedisClient;
  private readonly receiver: Redis;
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly pings: NodeJS.Timeout;

  constructor(redisUrl: string, report: (error: Error) => void = () => {}) {
    this.prefix = `selfserve:${parseRedisAddress(redisUrl)?.database ?? 0}:`;
    this.sender = openRedis(redisUrl, "request", report);
    this.receiver = openRedis(redisUrl, "subscriber", report);
    this.receiver.on("message", (channel: string, message: string) => this.receive(channel, message));
    this.pings = setInterval(() => this.ping(), PING_MS);
    this.pings.unref();
  }

  /** Tells the listeners of all processes. Never throws and never waits; whoever cannot be reached misses it. */
  publish(channel: string, text: string): void {
    this.deliver(channel, text);
    this.sender.publish(this.prefix + channel, `${this.source} ${text}`).catch(() => {}); // a hint may be lost
  }

  /** Listens until the answered function is called. */
  subscribe(channel: string, listener: Listener): () => void {
    const listeners = this.listeners.get(channel) ?? new Set();
    if (listeners.size === 0) {
      this.listeners.set(channel, listeners);
      this.receiver.subscribe(this.prefix + channel).catch(() => {}); // sent again at the next connection
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /** Resolves when both connections can be used. For tests: nothing needs it in order to be right. */
  async ready(): Promise<void> {
    for (const channel of this.listeners.keys()) await this.receiver.subscribe(this.prefix + channel);
    while (this.sender.status !== "ready") await new Promise((resolve) => this.sender.once("ready", resolve));
  }

  /** Closes both connections. */
  close(): void {
    clearInterval(this.pings);
    this.sender.disconnect();
    this.receiver.disconnect();
  }

  private receive(channel: string, message: string): void {
    const space = message.indexOf(" ");
    if (message.slice(0, space) === this.source) return; // delivered when it was sent
    this.deliver(channel.slice(this.prefix.length), message.slice(space + 1));
  }

  private deliver(channel: string, text: string): void {
    for (const listener of this.listeners.get(channel) ?? []) listener(text);
  }

  /** A peer that vanished without a word is only noticed by asking. */
  private ping(): void {
    if (this.receiver.status === "ready") this.receiver.ping().catch(() => this.receiver.disconnect(true));
  }
}
