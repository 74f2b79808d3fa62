import type { Query, QueryClient } from "@tanstack/react-query";
import { isTouched } from "@/app/_queries/touched.ts";
import type { Event } from "@/lib/contracts/event.ts";

const BATCH_MS = 250;
/** Data that arrives with a page this soon after an event may have been read before it. */
const REPLAY_MS = 15_000;

/** Gathers events and refetches what they touch, a query at a time and at most every 250 ms. */
export class Invalidator {
  private readonly queries: QueryClient;
  private readonly waiting = new Set<string>();
  private recent: { event: Event; at: number }[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly unsubscribe: () => void;

  constructor(queries: QueryClient) {
    this.queries = queries;
    this.unsubscribe = queries.getQueryCache().subscribe((change) => {
      const fromServer = change.type === "added" || (change.type === "updated" && change.action.type === "setState");
      if (fromServer && change.query.state.data !== undefined) this.replay(change.query);
    });
  }

  take(event: Event): void {
    const now = Date.now();
    this.recent = this.recent.filter((entry) => now - entry.at < REPLAY_MS);
    this.recent.push({ event, at: now });
    this.mark((query) => touches(event, query));
  }

  /** Marks every cached query that `concerned` names; those shown are refetched. */
  mark(concerned: (query: Query) => boolean): void {
    for (const query of this.queries.getQueryCache().getAll()) {
      if (concerned(query)) this.waiting.add(query.queryHash);
    }
    if (this.waiting.size > 0) this.timer ??= setTimeout(() => this.flush(), BATCH_MS);
  }

  stop(): void {
    this.unsubscribe();
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting.clear();
  }

  /** Applies the last seconds' events to data that came with a page. */
  private replay(query: Query): void {
    const since = Date.now() - REPLAY_MS;
    if (this.recent.some(({ event, at }) => at >= since && touches(event, query)))
      this.mark((other) => other === query);
  }

  private flush(): void {
    this.timer = undefined;
    const busy: string[] = [];
    for (const hash of this.waiting) {
      const query = this.queries.getQueryCache().get(hash);
      // An answer on its way may be older than the event: ask again when it is here, rather than twice at once.
      if (query?.state.fetchStatus === "fetching") busy.push(hash);
      else if (query) void this.queries.invalidateQueries({ queryKey: query.queryKey, exact: true });
    }
    this.waiting.clear();
    for (const hash of busy) this.waiting.add(hash);
    if (busy.length > 0) this.timer = setTimeout(() => this.flush(), BATCH_MS);
  }
}

function touches(event: Event, query: Query): boolean {
  return isTouched(event, query.queryKey, query.state.data);
}
