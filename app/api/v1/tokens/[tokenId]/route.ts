import { revokeToken } from "@/lib/auth/revoke-token.ts";
import { ENDPOINTS } from "@/lib/contracts/endpoints.ts";
import { resource, route } from "@/lib/http/route.ts";

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource({
  DELETE: route(ENDPOINTS.revokeToken, (ctx, { params }) => revokeToken(ctx, params)),
});
