import type { IncomingHttpHeaders } from "node:http";
import type { ArtifactStore } from "../artifacts/artifact-store.ts";
import type { ContentSigner } from "../artifacts/sign.ts";
import type { Database } from "../db/sql.ts";
import type { Events } from "../events/open-events.ts";
import type { LogStore } from "../logs/log-store.ts";
import type { Actor, SchedulerContext } from "../scheduler/context.ts";

/** How often a stream says that it is alive, and when it ends in order to be opened anew. */
export interface StreamTimes {
  heartbeatMs: number;
  maxAgeMs: number;
}

/** What the gateway works with: one web process's doors and settings. */
export interface GatewayDoors {
  sql: Database;
  logs: LogStore;
  artifacts: ArtifactStore;
  signer: ContentSigner;
  events: Events;
  /** Other times for event streams than the usual ones; for tests. */
  streamTimes?: StreamTimes;
  /** Where the pages are, and where content is shown: two host names of this server. */
  baseUrl: string;
  contentOrigin: string;
  /** A context for an actor that the gateway has recognised. */
  contextOf(actor: Actor, requestId: string): SchedulerContext;
  /** Who asks, by token or session cookie; throws `unauthenticated`. */
  contextFromHeaders(headers: IncomingHttpHeaders, ip: string | null): Promise<SchedulerContext>;
  /** Hears of what goes wrong, with the request it belongs to. */
  report(error: unknown, requestId: string): void;
  /** Hears of each run that was handed to a worker. */
  onClaim(): void;
}
