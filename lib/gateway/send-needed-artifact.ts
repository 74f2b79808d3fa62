import type { Sql } from "../db/sql.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { requirePermission } from "../scheduler/permissions.ts";
import type { Exchange } from "./exchange.ts";
import { pump } from "./pump.ts";

/** GET …/artifacts/{id}: the bytes of an artifact, for a worker with a live run that needs it. */
export async function sendNeededArtifact(exchange: Exchange, ctx: SchedulerContext, id: number): Promise<void> {
  requirePermission(ctx.actor, "work");
  const { doors, response, requestId } = exchange;
  const artifact = await findNeeded(doors.sql, ctx, id);
  if (!artifact) {
    throw new SchedulerError("forbidden", `None of this worker's runs needs the artifact ${id}.`);
  }
  if (!(await doors.artifacts.has(artifact))) {
    throw new SchedulerError("unavailable", `The bytes of the artifact ${id} are not there at the moment.`, {
      cause: new Error(`The artifact store lacks ${artifact.sha256}.`),
    });
  }
  response.writeHead(200, {
    "Content-Type": "application/octet-stream",
    "Content-Length": artifact.size,
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Request-Id": requestId,
  });
  await pump(doors.artifacts.stream(artifact.sha256, 0, artifact.size), response);
}

async function findNeeded(sql: Sql, { actor }: SchedulerContext, id: number) {
  if (actor.kind !== "worker") return undefined;
  return await sql.maybe<{ sha256: string; size: number }>(
    {
      name: "find-needed-artifact",
      text: `
        SELECT a.sha256, a.size FROM artifacts a
        WHERE a.id = $1 AND EXISTS (
          SELECT FROM runs r
          JOIN job_dependencies d ON d.job_id = r.lead_job_id
          JOIN run_members m ON m.job_id = d.needs_job_id AND NOT m.receipt ? 'detached'
          WHERE r.worker_id = $2 AND r.boot_id = $3 AND r.state IN ('running', 'cancelling') AND m.run_id = a.run_id)`,
    },
    [id, actor.workerId, actor.bootId],
  );
}
