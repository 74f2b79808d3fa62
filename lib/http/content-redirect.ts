import type { SchedulerContext } from "../scheduler/context.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { requirePermission } from "../scheduler/permissions.ts";
import { server } from "../server.ts";

/** Leads to an artifact's bytes on the host without cookies. Throws `not_found`. */
export async function redirectToArtifact(
  ctx: SchedulerContext,
  { artifactId }: { artifactId: number },
): Promise<Response> {
  requirePermission(ctx.actor, "read");
  const row = await ctx.sql.maybe("SELECT 1 FROM artifacts WHERE id = $1", [artifactId]);
  if (!row) throw new SchedulerError("not_found", `There is no artifact ${artifactId}.`);
  return redirectTo(server().content.signArtifactUrl(artifactId));
}

/** Leads to a run's whole log on the host without cookies. Throws `not_found`. */
export async function redirectToLog(ctx: SchedulerContext, { runId }: { runId: number }): Promise<Response> {
  requirePermission(ctx.actor, "read");
  const row = await ctx.sql.maybe("SELECT 1 FROM runs WHERE id = $1", [runId]);
  if (!row) throw new SchedulerError("not_found", `There is no run ${runId}.`);
  return redirectTo(server().content.signLogUrl(runId));
}

function redirectTo(location: string): Response {
  return new Response(null, { status: 302, headers: { Location: location, "Referrer-Policy": "no-referrer" } });
}
