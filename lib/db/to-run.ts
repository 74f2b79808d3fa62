import type { MergeReceipt } from "../contracts/merging.ts";
import type { Placement } from "../contracts/placement.ts";
import type { Run } from "../contracts/run.ts";
import type { Prisma } from "./generated/client.ts";
import { toTimestamp } from "./to-timestamp.ts";

type RunRow = Prisma.RunGetPayload<{
  include: {
    worker: { select: { name: true } };
    pool: { select: { name: true } };
    members: { include: { job: { include: { builder: { select: { name: true } } } } } };
    steps: true;
    outputs: true;
    artifacts: true;
  };
}>;

/** The contract of a run's row and what hangs on it. */
export function toRun(row: RunRow): Run {
  return {
    id: Number(row.id),
    worker: row.worker.name,
    slot: row.slot,
    pool: row.pool.name,
    revision: row.revision,
    state: row.state,
    result: row.result,
    reason: row.reason,
    startedAt: toTimestamp(row.startedAt),
    endedAt: toTimestamp(row.endedAt),
    cancelRequestedAt: toTimestamp(row.cancelRequestedAt),
    cancelledAt: toTimestamp(row.cancelledAt),
    jobs: row.members.map(({ job, live, receipt }) => ({
      id: Number(job.id),
      builder: job.builder.name,
      state: job.state,
      result: job.result,
      live,
      lead: job.id === row.leadJobId,
      receipt: receipt as MergeReceipt,
    })),
    placement: isPlacement(row.placement) ? row.placement : null,
    steps: row.steps.map((step) => ({
      index: step.index,
      name: step.name,
      result: step.result,
      exitCode: step.exitCode,
      firstLine: step.firstLine,
      startedAt: toTimestamp(step.startedAt),
      endedAt: toTimestamp(step.endedAt),
    })),
    outputs: Object.fromEntries(row.outputs.map(({ name, value }) => [name, value])),
    artifacts: row.artifacts.map((artifact) => ({
      id: Number(artifact.id),
      name: artifact.name,
      sha256: artifact.sha256,
      size: Number(artifact.size),
      contentType: artifact.contentType,
    })),
    log: {
      bytes: Number(row.logBytes),
      lines: row.logLines,
      complete: row.logComplete,
      sha256: row.logSha256,
    },
  };
}

/** Runs of before it was stored have an empty object. */
function isPlacement(value: Prisma.JsonValue): value is Placement & Prisma.JsonObject {
  return typeof value === "object" && value !== null && "rule" in value;
}
