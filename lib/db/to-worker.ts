import type { Worker } from "../contracts/pool.ts";
import type { WorkerRow } from "./sql/select-workers.ts";
import { toTimestamp } from "./to-timestamp.ts";
import { toUserRef } from "./to-user-ref.ts";

/** The contract of a worker's row; `actions` are those of whoever asks. */
export function toWorker(row: WorkerRow, actions: Worker["actions"]): Worker {
  const { controlledById, controlledByLogin, controlledByName, ...worker } = row;
  return {
    ...worker,
    lastSeenAt: toTimestamp(row.lastSeenAt),
    quarantinedUntil: toTimestamp(row.quarantinedUntil),
    controlledBy: toUserRef(controlledById, controlledByLogin, controlledByName),
    actions,
  };
}
