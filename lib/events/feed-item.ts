import type { Event, OutputHint } from "../contracts/event.ts";

/**
 * What a subscriber is told, each with its text for the wire. `start`: what follows comes after number `seq`, and nothing was
 * missed. `resync`: something was missed; read everything anew, what follows comes after `seq`. `output`: a log grew, a hint without a number.
 */
export type FeedItem = { frame: string } & (
  | { kind: "start" | "resync"; seq: number }
  | { kind: "event"; event: Event }
  | { kind: "output"; hint: OutputHint }
);

/** The first item of a subscription. The comment line makes proxies and browsers see that the stream is open. */
export function startItem(seq: number): FeedItem {
  return { kind: "start", seq, frame: `: open\nid: ${seq}\nevent: start\ndata: {"seq":${seq}}\n\n` };
}

/** Tells the reader that it missed something. */
export function resyncItem(seq: number): FeedItem {
  return { kind: "resync", seq, frame: `id: ${seq}\nevent: resync\ndata: {"seq":${seq}}\n\n` };
}

/** An event; on the wire an unnamed message whose `id:` is its number. */
export function eventItem(event: Event): FeedItem {
  return { kind: "event", event, frame: `id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n` };
}

/** A hint that a log grew; on the wire named `output`, without an id, so that a reconnect does not resume after it. */
export function outputItem(hint: OutputHint): FeedItem {
  return { kind: "output", hint, frame: `event: output\ndata: ${JSON.stringify(hint)}\n\n` };
}
