import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { readConfigState } from "@/lib/http/read-config-state.ts";
import { resource, route } from "@/lib/http/route.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  GET: route(ENDPOINTS.getConfigState, readConfigState),
});
