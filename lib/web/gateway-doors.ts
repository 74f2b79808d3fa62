import type { GatewayDoors } from "../gateway/doors.ts";
import { logError } from "../http/problem.ts";
import { metrics } from "../metrics/registry.ts";
import { contextFromHeaders, contextOf, server } from "../server.ts";

/** The gateway's doors, over those that this process has open. */
export function gatewayDoors(): GatewayDoors {
  const { sql, logs, artifacts, content, events, env } = server();
  return {
    sql,
    logs,
    artifacts,
    signer: content,
    events,
    baseUrl: env.BASE_URL,
    contentOrigin: env.ARTIFACT_ORIGIN,
    contextOf,
    contextFromHeaders,
    report: logError,
    onClaim: () => metrics().claims.inc(),
  };
}
