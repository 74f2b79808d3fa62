import type { WorkerControl } from "@/lib/contracts/control.ts";
import type { Worker } from "@/lib/contracts/pool.ts";

/** A worker that could run a copy of a job; `refusal` is why it cannot now. */
export interface ProbeChoice {
  name: string;
  standing: string;
  refusal: string | null;
}

const STANDING: Record<WorkerControl, string> = {
  enabled: "in service",
  quarantined: "in quarantine",
  draining: "draining",
  disabled: "disabled",
};

/** The workers of a pool for a probe: those in quarantine first, because it is they that are tried; those that take none last. */
export function probeChoices(workers: readonly Worker[], pool: string): ProbeChoice[] {
  const order = (worker: Worker) => {
    if (!worker.actions.probe.allowed) return 3;
    return (worker.control === "quarantined" ? 0 : 1) + (worker.online ? 0 : 1);
  };
  return workers
    .filter((worker) => worker.pools.includes(pool))
    .toSorted((a, b) => order(a) - order(b))
    .map((worker) => ({
      name: worker.name,
      standing: `${STANDING[worker.control]}${worker.online ? "" : ", offline"}`,
      refusal: worker.actions.probe.allowed ? null : worker.actions.probe.reason,
    }));
}
