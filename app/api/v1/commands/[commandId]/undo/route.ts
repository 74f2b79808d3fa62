import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { undoCommand } from "@/lib/scheduler/undo-command.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.undoCommand, (ctx, { params, idempotencyKey }) =>
    undoCommand(ctx, { ...params, idempotencyKey }),
  ),
});
