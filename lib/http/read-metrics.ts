import { timingSafeEqual } from "node:crypto";
import { controlMetrics, readControls } from "../metrics/control-metrics.ts";
import { leasesLostLastHour, queueMetrics } from "../metrics/queue-metrics.ts";
import { metrics } from "../metrics/registry.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { listPools } from "../scheduler/list-pools.ts";
import { server, systemContext } from "../server.ts";

const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

/** Figures of this process and of the queue, in the text format of Prometheus; for whom `METRICS_TOKEN` or this machine lets in. */
export async function readMetrics(request: Request): Promise<Response> {
  requireScraper(request);
  const ctx = systemContext("metrics");
  const [own, queue] = await Promise.all([metrics().registry.metrics(), queueText(ctx)]);
  const headers = { "Content-Type": metrics().registry.contentType, "Cache-Control": "no-store" };
  return new Response(`${own}\n${queue}`, { headers });
}

async function queueText(ctx: ReturnType<typeof systemContext>): Promise<string> {
  try {
    const [pools, lost, controls] = await Promise.all([
      listPools(ctx),
      leasesLostLastHour(ctx.sql),
      readControls(ctx.sql),
    ]);
    return queueMetrics(pools, lost, Date.now()) + controlMetrics(controls);
  } catch {
    return ""; // the database is away: the process's own figures are still worth reading
  }
}

function requireScraper(request: Request): void {
  const { METRICS_TOKEN } = server().env;
  if (METRICS_TOKEN === undefined) {
    if (LOOPBACK.test(request.headers.get("x-forwarded-for") ?? "")) return;
    throw new SchedulerError("forbidden", "Without METRICS_TOKEN only this machine may read the metrics.");
  }
  const [given, right] = [request.headers.get("authorization") ?? "", `Bearer ${METRICS_TOKEN}`].map((text) =>
    Buffer.from(text),
  );
  if (given && right && given.length === right.length && timingSafeEqual(given, right)) return;
  throw new SchedulerError("unauthenticated", "Send METRICS_TOKEN as a bearer token.");
}
