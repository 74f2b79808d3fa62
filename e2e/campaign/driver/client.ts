import { randomUUID } from "node:crypto";
import { setTimeout as pass } from "node:timers/promises";
import { nowMs } from "../clock.ts";
import type { Journal } from "../journal.ts";
import type { People } from "../people.ts";
import type { ActorName, HistoryLine, OperationName, ReplyDigest } from "./history.ts";

/** A request below /api/v1, and what the history says of it. */
export interface Call {
  op: OperationName;
  actor: ActorName;
  method: "GET" | "POST" | "PUT";
  path: string;
  body?: object;
  jobIds?: number[];
  priority?: number;
  count?: number;
  commandId?: number;
  revision?: string;
}

/** How a call ended for whoever made it. */
export interface Outcome {
  outcome: "ok" | "fail" | "unknown";
  status: number;
  reply: ReplyDigest;
}

const TRIES = 4;
const PATIENCE_MS = 8_000;
const PAUSE_MS = 400;

let lastId = 0;

/** Speaks REST like a careful script: writes have a key and are sent again when no answer comes. All of it is in the history. */
export class Client {
  private readonly url: string;
  private readonly people: People;
  private readonly history: Journal<HistoryLine>;

  constructor(url: string, people: People, history: Journal<HistoryLine>) {
    this.url = url;
    this.people = people;
    this.history = history;
  }

  async call(call: Call): Promise<Outcome> {
    lastId += 1;
    const id = lastId;
    const { op, actor, jobIds = [], priority, count, commandId, revision } = call;
    const key = call.method === "GET" ? undefined : randomUUID();
    const said = { priority, count, commandId, revision, key };
    const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
    this.history.write({ phase: "invoke", id, at: nowMs(), actor, op, jobIds, ...given });
    const end = await this.untilAnswered(call, id, key);
    this.history.write({ phase: end.outcome, id, at: nowMs(), status: end.status, reply: end.reply });
    return end;
  }

  private async untilAnswered(call: Call, id: number, key: string | undefined): Promise<Outcome> {
    let doubt = false;
    for (let tries = 1; ; tries++) {
      const { status, body, retryAfter, sentAt } = await this.send(call, key);
      this.history.write({ phase: "try", id, at: nowMs(), sentAt, status, retryAfter });
      if (status >= 200 && status < 300) return { outcome: "ok", status, reply: digest(body) };
      const answered = status !== 0 && status < 500 && status !== 429;
      // A refusal of a repeat says nothing about the request before it, unless the key makes both one.
      if (answered) return { outcome: "fail", status, reply: digest(body) };
      if (status !== 429) doubt = true;
      if (tries === TRIES) return { outcome: doubt && call.method !== "GET" ? "unknown" : "fail", status, reply: {} };
      await pass(PAUSE_MS * tries);
    }
  }

  private async send({ actor, method, path, body }: Call, key: string | undefined) {
    const sentAt = nowMs();
    try {
      const response = await fetch(`${this.url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${this.people[actor]}`,
          ...(body && { "content-type": "application/json" }),
          ...(key && { "idempotency-key": key }),
        },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      const parsed: unknown = JSON.parse(await response.text());
      return { status: response.status, body: parsed, retryAfter: response.headers.has("retry-after"), sentAt };
    } catch {
      return { status: 0, body: null, retryAfter: false, sentAt };
    }
  }
}

interface AnyBody {
  id?: number;
  kind?: string;
  items?: { jobId: number; outcome: string; code: string | null; created: number[] }[];
  completedAt?: string | null;
  builder?: string;
  state?: "blocked" | "queued" | "running" | "done";
  result?: NonNullable<ReplyDigest["job"]>["result"];
  priority?: number;
  runId?: number | null;
  pushIds?: number[];
  code?: string;
}

function digest(body: unknown): ReplyDigest {
  if (typeof body !== "object" || body === null) return {};
  const { id, items, completedAt, builder, state, result, priority, runId, pushIds, code } = body as AnyBody;
  if (items && id !== undefined) {
    const kept = items.map(({ jobId, outcome, code, created }) => ({ jobId, outcome, code, created }));
    return { commandId: id, items: kept, complete: completedAt != null };
  }
  if (builder !== undefined && state && id !== undefined) {
    return { job: { id, state, result: result ?? null, priority: priority ?? 0, runId: runId ?? null } };
  }
  return { ...(pushIds && { pushIds }), ...(code !== undefined && { code }) };
}
