import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { RegisterInput, RegisterReply } from "../contracts/work.ts";
import {
  lockWorker,
  type PoolOfWorker,
  readLiveRunsOfOtherBoots,
  readPoolsToRegister,
  saveSession,
} from "../db/sql/register-worker.ts";
import type { Sql } from "../db/sql.ts";
import type { SchedulerContext } from "./context.ts";
import { SchedulerError } from "./errors.ts";
import { loseRun } from "./lose-run.ts";
import { auditRefusal, record } from "./record.ts";

/** Who registers, with the registration token of the pools that it names; `poolTokens` has those of pools with another one. */
export interface RegisterWorkerInput extends RegisterInput {
  token: string;
}

/** How long a session lasts. */
const SESSION_SECONDS = 3_600;

/**
 * Gives a worker a session of one hour for this start. The token is the permission: it must be that of every pool named. Another call of the
 * same start adds pools and renews the session; a new start gives up what the worker still ran, and begins with the pools that it names.
 * A worker serves pools of one trust level only, also over its starts: what lies on its disks belongs to that level. `conflict` with the
 * state `disabled` for one that an admin has shut out.
 */
export async function registerWorker(ctx: SchedulerContext, input: RegisterWorkerInput): Promise<RegisterReply> {
  const what = { action: "worker.register", object: `worker:${input.worker}` };
  const session = `ssw_${randomBytes(32).toString("base64url")}`;
  const registered = await auditRefusal(ctx, what, () =>
    ctx.sql.transaction(async (tx) => {
      const pools = await checkPools(tx, input);
      const worker = await lockWorker(tx, input.worker);
      if (worker.disabled) throw disabled(input.worker, worker.controlReason);
      checkTrust(input.worker, worker.pools, pools);
      const sessionHash = createHash("sha256").update(session).digest("hex");
      const { expiresAt } = await saveSession(tx, {
        ...input,
        workerId: worker.id,
        newBoot: worker.bootId !== input.bootId,
        poolIds: pools.map((pool) => pool.id),
        sessionHash,
        sessionSeconds: SESSION_SECONDS,
      });
      await record(tx, ctx, {
        event: { type: "worker.changed", body: { workerId: worker.id, worker: input.worker } },
        audit: { ...what, after: { bootId: input.bootId, pools: input.pools, slots: input.slots } },
      });
      return { workerId: worker.id, expiresAt };
    }),
  );
  // A machine that starts anew runs nothing any more, whatever it ran before.
  for (const runId of await readLiveRunsOfOtherBoots(ctx.sql, registered.workerId)) await loseRun(ctx, runId, "boot");
  for (const topic of ["relay", `worker:${registered.workerId}`]) ctx.signals.send(topic);
  return {
    session,
    workerId: registered.workerId,
    expiresAt: registered.expiresAt.toISOString(),
    leaseSeconds: ctx.settings.leaseSeconds,
  };
}

/** The pools named. One answer for an unknown pool and for a wrong token: the names of pools are not told to strangers. */
async function checkPools(tx: Sql, input: RegisterWorkerInput): Promise<PoolOfWorker[]> {
  const { pools: names, token, poolTokens = {} } = input;
  const tokens = new Map(Object.entries(poolTokens));
  const known = new Map((await readPoolsToRegister(tx, names)).map((pool) => [pool.name, pool]));
  return [...new Set(names)].map((name) => {
    const pool = known.get(name);
    const hash = createHash("sha256")
      .update(tokens.get(name) ?? token)
      .digest();
    const expected = Buffer.from(pool?.tokenHash ?? "", "hex");
    if (pool && expected.length === hash.length && timingSafeEqual(expected, hash)) return pool;
    throw new SchedulerError("forbidden", `This token does not register workers with a pool ${name}.`);
  });
}

/** A worker that is disabled asks again for as long as it runs, so this is no refusal to be audited each time. */
function disabled(worker: string, reason: string | null): SchedulerError {
  const why = reason === null ? "" : `: ${reason}`;
  const message = `The worker ${worker} is disabled, so it cannot register until an admin releases it${why}`;
  return new SchedulerError("conflict", message.endsWith(".") ? message : `${message}.`, { state: "disabled" });
}

function checkTrust(worker: string, served: readonly PoolOfWorker[], wanted: readonly PoolOfWorker[]): void {
  const [first] = [...served, ...wanted];
  const other = wanted.find((pool) => pool.trustLevel !== first?.trustLevel);
  if (!first || !other) return;
  const levels = `${first.name} has trust level ${first.trustLevel}, ${other.name} has ${other.trustLevel}`;
  throw new SchedulerError(
    "conflict",
    `The worker ${worker} cannot serve both pools: ${levels}. Use another worker name.`,
  );
}
