import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";
import { listWorkers } from "@/lib/scheduler/list-workers.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  GET: route(ENDPOINTS.listWorkers, listWorkers),
});
