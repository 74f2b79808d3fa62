import { setTimeout as pass } from "node:timers/promises";
import type { Event } from "../../../lib/contracts/event.ts";
import { nowMs } from "../clock.ts";
import type { Journal } from "../journal.ts";
import type { Random } from "../random.ts";

/** What a reader of events saw. `opened` tells from which number it resumed; null: from now on. */
export type StreamLine = { at: number; reader: string } & (
  | { saw: "opened"; after: number | null }
  | {
      saw: "event";
      seq: number;
      type: string;
      jobId: number | null;
      runId: number | null;
      body: Record<string, unknown>;
    }
  | { saw: "resync"; seq: number }
);

/** Follows the event stream over a link, leaves and comes back at random, and writes down all it sees. */
export class EventReader {
  private readonly name: string;
  private readonly url: string;
  private readonly token: string;
  private readonly journal: Journal<StreamLine>;
  private readonly random: Random;
  private readonly closing = new AbortController();
  private running: Promise<void> = Promise.resolve();
  /** The last number that it saw. */
  last: number | null = null;

  constructor(name: string, url: string, token: string, journal: Journal<StreamLine>, random: Random) {
    this.name = name;
    this.url = url;
    this.token = token;
    this.journal = journal;
    this.random = random;
  }

  start(): void {
    this.running = this.follow();
  }

  async stop(): Promise<void> {
    this.closing.abort();
    await this.running;
  }

  private async follow(): Promise<void> {
    while (!this.closing.signal.aborted) {
      try {
        await this.readOnce(
          AbortSignal.any([this.closing.signal, AbortSignal.timeout(1_000 + this.random.below(19_000))]),
        );
      } catch {
        // the stream broke; it is opened again where it ended
      }
      await pass(this.random.between(50, 400));
    }
  }

  private async readOnce(signal: AbortSignal): Promise<void> {
    const headers = {
      authorization: `Bearer ${this.token}`,
      ...(this.last !== null && { "last-event-id": String(this.last) }),
    };
    const response = await fetch(`${this.url}/api/v1/events`, { headers, signal });
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      return;
    }
    this.journal.write({ at: nowMs(), reader: this.name, saw: "opened", after: this.last });
    let rest = "";
    for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
      const frames = (rest + part).split("\n\n");
      rest = frames.pop() ?? "";
      for (const frame of frames) this.take(frame);
    }
  }

  private take(frame: string): void {
    const fields = new Map(
      frame.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
    );
    const seq = Number(fields.get("id"));
    const name = fields.get("event");
    if (fields.get("id") === undefined) return;
    const who = { at: nowMs(), reader: this.name };
    if (name === "resync") this.journal.write({ ...who, saw: "resync", seq });
    const data = fields.get("data");
    if (data?.startsWith("{") && name !== "resync" && name !== "output") {
      const { type, jobId, runId, body } = JSON.parse(data) as Event;
      if (type) this.journal.write({ ...who, saw: "event", seq, type, jobId, runId, body });
    }
    this.last = seq;
  }
}
