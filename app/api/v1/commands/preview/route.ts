import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { previewCommand } from "@/lib/scheduler/preview-command.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  POST: route(ENDPOINTS.previewCommand, (ctx, { body }) => previewCommand(ctx, body)),
});
