import { WorkerControl } from "../contracts/control.ts";
import type { Database } from "../db/sql.ts";

/** What is out of service now, because somebody said so. */
export interface Controls {
  branchesClosed: number;
  workers: Record<WorkerControl, number>;
}

/** Counts closed branches of the configuration, and workers by whether they get work; the strongest control counts. */
export function readControls(sql: Database): Promise<Controls> {
  return sql.one<Controls>(
    `SELECT (SELECT count(*) FROM branches WHERE closed_at IS NOT NULL AND removed_at IS NULL) AS "branchesClosed",
       (SELECT jsonb_build_object(
          'disabled', count(*) FILTER (WHERE disabled_at IS NOT NULL),
          'draining', count(*) FILTER (WHERE disabled_at IS NULL AND draining_at IS NOT NULL),
          'quarantined', count(*) FILTER (WHERE num_nonnulls(disabled_at, draining_at) = 0 AND quarantined_at IS NOT NULL),
          'enabled', count(*) FILTER (WHERE num_nonnulls(disabled_at, draining_at, quarantined_at) = 0))
        FROM workers) AS workers`,
  );
}

/** Controls in the text format of Prometheus; whether a pool is paused stands with the pools. */
export function controlMetrics({ branchesClosed, workers }: Controls): string {
  return [
    "# HELP selfserve_branches_closed Branches whose jobs wait until somebody opens them.",
    "# TYPE selfserve_branches_closed gauge",
    `selfserve_branches_closed ${branchesClosed}`,
    "# HELP selfserve_workers Workers that ever registered, by whether they get work.",
    "# TYPE selfserve_workers gauge",
    ...WorkerControl.options.map((control) => `selfserve_workers{control="${control}"} ${workers[control]}`),
    "",
  ].join("\n");
}
