import type { ConfigError } from "../contracts/push.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { requirePermission } from "../scheduler/permissions.ts";
import { server } from "../server.ts";

/** What is wrong with the server's configuration file now; nothing when it is in force as it stands. */
export async function readConfigState(ctx: SchedulerContext): Promise<{ errors: ConfigError[] }> {
  requirePermission(ctx.actor, "read");
  return { errors: await server().config.errors() };
}
