import { OutputHint } from "../contracts/event.ts";
import type { PubSub } from "../redis/pub-sub.ts";

const CHANNEL = "run-output";

/** A page that follows a log fetches at most this often. */
const EVERY_MS = 100;

/** Tells that logs grew: at once for the first lines of a run, then at most ten times a second per run, always with the newest figures. */
export class OutputHints {
  private readonly pubSub: PubSub;
  private readonly later = new Map<number, OutputHint | null>();

  constructor(pubSub: PubSub) {
    this.pubSub = pubSub;
  }

  /** Never throws and never waits. */
  send(hint: OutputHint): void {
    if (this.later.has(hint.runId)) {
      this.later.set(hint.runId, hint);
      return;
    }
    this.tell(hint);
  }

  /** Listens until the answered function is called. */
  subscribe(listener: (hint: OutputHint) => void): () => void {
    return this.pubSub.subscribe(CHANNEL, (text) => {
      const hint = parse(text);
      if (hint) listener(hint);
    });
  }

  private tell(hint: OutputHint): void {
    this.pubSub.publish(CHANNEL, JSON.stringify(hint));
    this.later.set(hint.runId, null);
    setTimeout(() => {
      const next = this.later.get(hint.runId);
      this.later.delete(hint.runId);
      if (next) this.tell(next);
    }, EVERY_MS);
  }
}

/** Another version of the product may speak on the channel too. */
function parse(text: string): OutputHint | undefined {
  try {
    return OutputHint.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
