import { type CommandInput, ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { cancelJobs } from "@/lib/scheduler/cancel-jobs.ts";
import type { SchedulerContext } from "@/lib/scheduler/context.ts";
import { reprioritizeJobs } from "@/lib/scheduler/reprioritize-jobs.ts";
import { retriggerJobs } from "@/lib/scheduler/retrigger-jobs.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.submitCommand, (ctx, { body, idempotencyKey }) => submit(ctx, body, idempotencyKey)),
});

function submit(ctx: SchedulerContext, body: CommandInput, idempotencyKey: string | undefined) {
  switch (body.kind) {
    case "cancel":
      return cancelJobs(ctx, { ...withoutKind(body), idempotencyKey });
    case "retrigger":
      return retriggerJobs(ctx, { ...withoutKind(body), idempotencyKey });
    case "reprioritize":
      return reprioritizeJobs(ctx, { ...withoutKind(body), idempotencyKey });
  }
}

function withoutKind<Body extends { kind: string }>({ kind: _, ...input }: Body): Omit<Body, "kind"> {
  return input;
}
