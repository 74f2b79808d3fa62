import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { redirectToArtifact } from "@/lib/http/content-redirect.ts";
import { resource, route } from "@/lib/http/route.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  GET: route(ENDPOINTS.getArtifact, (ctx, { params }) => redirectToArtifact(ctx, params)),
});
