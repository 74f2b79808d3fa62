import type { JobState, Result } from "../../../lib/contracts/job.ts";

/** What the driver can ask for. */
export type OperationName =
  | "push"
  | "cancel"
  | "reprioritize"
  | "retrigger"
  | "undo"
  | "split"
  | "read"
  | "queue"
  | "explain"
  | "list";

/** Who asks. */
export type ActorName = "hook" | "dev" | "dana" | "sheriff" | "admin";

/** What became of one job of a command. */
export interface ItemReply {
  jobId: number;
  outcome: string;
  code: string | null;
  created: number[];
}

/** What a checker needs of an answer's body. */
export interface ReplyDigest {
  commandId?: number;
  items?: ItemReply[];
  /** Whether all items of the command had their turn. */
  complete?: boolean;
  job?: {
    id: number;
    state: JobState;
    result: Result | null;
    priority: number;
    runId: number | null;
  };
  pushIds?: number[];
  code?: string;
}

/** A line of the driver's history. */
export type HistoryLine =
  | {
      phase: "invoke";
      id: number;
      at: number;
      actor: ActorName;
      op: OperationName;
      jobIds: number[];
      priority?: number;
      count?: number;
      commandId?: number;
      revision?: string;
      key?: string;
    }
  /** One request of it; status 0 when no whole answer came. */
  | { phase: "try"; id: number; at: number; sentAt: number; status: number; retryAfter: boolean }
  /** How it ended: a 2xx answer, a refusal, or nobody knows. */
  | { phase: "ok" | "fail" | "unknown"; id: number; at: number; status: number; reply: ReplyDigest };

/** One operation, its lines put together. */
export interface Operation {
  id: number;
  actor: ActorName;
  op: OperationName;
  jobIds: number[];
  priority: number | undefined;
  count: number | undefined;
  commandId: number | undefined;
  revision: string | undefined;
  invokedAt: number;
  /** Infinity when it may still take effect. */
  returnedAt: number;
  outcome: "ok" | "fail" | "unknown";
  status: number;
  reply: ReplyDigest;
  tries: { sentAt: number; at: number; status: number; retryAfter: boolean }[];
}

/** Puts the lines of each operation together; one whose end is missing is unknown. */
export function operationsOf(lines: readonly HistoryLine[]): Operation[] {
  const found = new Map<number, Operation>();
  for (const line of lines) {
    if (line.phase === "invoke") {
      const { id, actor, op, jobIds, priority, count, commandId, revision, at } = line;
      const open = { invokedAt: at, returnedAt: Number.POSITIVE_INFINITY, outcome: "unknown" as const, status: 0 };
      found.set(id, { id, actor, op, jobIds, priority, count, commandId, revision, ...open, reply: {}, tries: [] });
      continue;
    }
    const operation = found.get(line.id);
    if (!operation) continue;
    if (line.phase === "try") {
      const { sentAt, at, status, retryAfter } = line;
      operation.tries.push({ sentAt, at, status, retryAfter });
      continue;
    }
    operation.outcome = line.phase;
    operation.status = line.status;
    operation.reply = line.reply;
    if (line.phase !== "unknown") operation.returnedAt = line.at;
  }
  return [...found.values()];
}
