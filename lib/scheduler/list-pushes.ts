import type { Page } from "../contracts/page.ts";
import type { ListPushesInput, Push } from "../contracts/push.ts";
import { type PushRow, SELECT_PUSH } from "../db/sql/select-pushes.ts";
import { toPush } from "../db/to-push.ts";
import type { SchedulerContext } from "./context.ts";
import { fromCursor, pageFrom } from "./cursor.ts";
import { ownLogin } from "./own-login.ts";
import { requirePermission } from "./permissions.ts";

/** Pushes that match every filter given, newest first. `revision` may be the first 7 or more digits. */
export async function listPushes(ctx: SchedulerContext, input: ListPushesInput): Promise<Page<Push>> {
  requirePermission(ctx.actor, "read");
  const rows = await ctx.sql.rows<PushRow>(
    `${SELECT_PUSH}
     WHERE ($1::bigint IS NULL OR p.id < $1)
       AND ($2::text IS NULL OR br.name = $2)
       AND ($3::text IS NULL OR owner.login = $3)
       AND ($4::text IS NULL OR starts_with(p.revision, $4))
     ORDER BY p.id DESC LIMIT $5`,
    [
      fromCursor(input.cursor, 1)?.[0] ?? null,
      input.branch ?? null,
      ownLogin(ctx.actor, input.owner) ?? null,
      input.revision ?? null,
      input.limit + 1,
    ],
  );
  return pageFrom(rows.map(toPush), input.limit);
}
