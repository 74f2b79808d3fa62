import type { JobDetail } from "../contracts/job.ts";
import type { JobDetailRow } from "./sql/read-job.ts";
import { toJob } from "./to-job.ts";

/** A job row with its neighbours as the contract has it; what depends on who asks comes beside it. */
export function toJobDetail(row: JobDetailRow, asker: Pick<JobDetail, "ahead" | "actions" | "shared">): JobDetail {
  return {
    ...toJob(row),
    definition: row.definition,
    properties: row.properties,
    needs: row.needs,
    neededBy: row.neededBy,
    retriggers: row.retriggers,
    runs: row.runs.map((run) => ({
      id: run.id,
      worker: run.worker,
      state: run.state,
      result: run.result,
      startedAt: new Date(run.startedAt).toISOString(),
      endedAt: run.endedAt === null ? null : new Date(run.endedAt).toISOString(),
    })),
    ahead: asker.ahead,
    shared: asker.shared,
    actions: asker.actions,
  };
}
