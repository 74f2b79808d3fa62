import type { WorkerControl } from "../../contracts/control.ts";

/** A worker as `SELECT_WORKER` reads it. */
export interface WorkerRow {
  id: number;
  name: string;
  pools: string[];
  slots: number;
  platform: string | null;
  version: string | null;
  lastSeenAt: Date | null;
  online: boolean;
  speed: number;
  control: WorkerControl;
  controlReason: string | null;
  controlledById: number | null;
  controlledByLogin: string | null;
  controlledByName: string | null;
  quarantinedUntil: Date | null;
  runIds: number[];
}

/** Whether the worker `w` gets work; the strongest control counts. */
export const WORKER_CONTROL = `
  CASE WHEN w.disabled_at IS NOT NULL THEN 'disabled' WHEN w.draining_at IS NOT NULL THEN 'draining'
       WHEN w.quarantined_at IS NOT NULL THEN 'quarantined' ELSE 'enabled' END`;

/** Workers as `w`. $1: for how many seconds a worker that was seen counts as online. */
export const SELECT_WORKER = `
  SELECT w.id, w.name, w.slots, w.platform, w.version, w.last_seen_at AS "lastSeenAt", w.speed,
    ${WORKER_CONTROL} AS control, w.control_reason AS "controlReason", w.quarantined_until AS "quarantinedUntil",
    u.id AS "controlledById", u.login AS "controlledByLogin", u.name AS "controlledByName",
    coalesce(w.last_seen_at > clock_timestamp() - make_interval(secs => $1), false) AS online,
    ARRAY(SELECT p.name FROM worker_pools wp JOIN pools p ON p.id = wp.pool_id
          WHERE wp.worker_id = w.id ORDER BY p.name) AS pools,
    coalesce((SELECT jsonb_agg(r.id ORDER BY r.id) FROM runs r
              WHERE r.worker_id = w.id AND r.state IN ('running', 'cancelling')), '[]') AS "runIds"
  FROM workers w LEFT JOIN users u ON u.id = w.controlled_by_id`;
