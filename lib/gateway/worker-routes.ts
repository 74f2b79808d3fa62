import { ClaimInput, FinishInput, HeartbeatInput, RegisterInput, StepInput } from "../contracts/work.ts";
import { recordTimings } from "../scheduler/chunks/record-timings.ts";
import { claimRun } from "../scheduler/claim-run.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { heartbeatRuns } from "../scheduler/heartbeat-runs.ts";
import { registerWorker } from "../scheduler/register-worker.ts";
import { reportStep } from "../scheduler/report-step.ts";
import { appendLog } from "./append-log.ts";
import { type Exchange, methodRefusal, sendJson } from "./exchange.ts";
import { finishWithLog } from "./finish-with-log.ts";
import { RESULT_BYTES, readJson } from "./read-body.ts";
import { sendNeededArtifact } from "./send-needed-artifact.ts";
import { storeArtifact } from "./store-artifact.ts";
import { bearerOf, workerContext } from "./worker-session.ts";

/** One address of the worker protocol. `id` is the number in its path, 0 where it has none. */
interface Route {
  method: "GET" | "POST" | "PUT";
  path: RegExp;
  answer: (exchange: Exchange, ctx: SchedulerContext, id: number) => Promise<void>;
}

const ID = "([1-9]\\d{0,15})";

/** The worker protocol; every address but `register` needs a worker's session. */
const ROUTES: readonly Route[] = [
  { method: "POST", path: /^\/worker\/v1\/claim$/, answer: claim },
  { method: "POST", path: /^\/worker\/v1\/heartbeat$/, answer: heartbeat },
  { method: "POST", path: new RegExp(`^/worker/v1/runs/${ID}/log$`), answer: appendLog },
  { method: "POST", path: new RegExp(`^/worker/v1/runs/${ID}/steps$`), answer: step },
  { method: "PUT", path: new RegExp(`^/worker/v1/runs/${ID}/artifacts$`), answer: storeArtifact },
  { method: "POST", path: new RegExp(`^/worker/v1/runs/${ID}/finish$`), answer: finish },
  { method: "GET", path: new RegExp(`^/worker/v1/artifacts/${ID}$`), answer: sendNeededArtifact },
];

/** Answers everything below `/worker`. */
export async function answerWorker(exchange: Exchange): Promise<void> {
  const { request, path } = exchange;
  if (path === "/worker/v1/register") {
    if (request.method !== "POST") throw methodRefusal(exchange, ["POST"]);
    return await register(exchange);
  }
  const route = ROUTES.find((candidate) => candidate.path.test(path));
  if (!route) throw new SchedulerError("not_found", "The worker protocol has nothing at this address.");
  if (request.method !== route.method) throw methodRefusal(exchange, [route.method]);
  const ctx = await workerContext(exchange);
  await route.answer(exchange, ctx, Number(route.path.exec(path)?.[1] ?? 0));
}

async function register(exchange: Exchange): Promise<void> {
  const { doors, request, ip, requestId } = exchange;
  const token = bearerOf(request.headers);
  const input = await readJson(exchange, RegisterInput);
  // Nobody is known yet: the pools' tokens are the permission, and the verb checks them.
  const ctx = doors.contextOf(
    { kind: "worker", workerId: 0, bootId: input.bootId, name: input.worker, via: "register", ip },
    requestId,
  );
  sendJson(exchange, await registerWorker(ctx, { ...input, token }));
}

async function claim(exchange: Exchange, ctx: SchedulerContext): Promise<void> {
  const input = await readJson(exchange, ClaimInput);
  const reply = await claimRun(ctx, { ...input, abort: exchange.abort });
  if (reply.work) exchange.doors.onClaim();
  sendJson(exchange, reply);
}

async function heartbeat(exchange: Exchange, ctx: SchedulerContext): Promise<void> {
  const input = await readJson(exchange, HeartbeatInput);
  sendJson(exchange, await heartbeatRuns(ctx, { ...input, abort: exchange.abort }));
}

async function step(exchange: Exchange, ctx: SchedulerContext, runId: number): Promise<void> {
  const input = await readJson(exchange, StepInput);
  await reportStep(ctx, { ...input, runId });
  sendJson(exchange, {});
}

async function finish(exchange: Exchange, ctx: SchedulerContext, runId: number): Promise<void> {
  const { timings, ...input } = await readJson(exchange, FinishInput, RESULT_BYTES);
  const reply = await finishWithLog(exchange.doors, ctx, { ...input, runId });
  // The result stands, whatever becomes of the timings: they only make the next plan better.
  if (timings) {
    const failed = (error: unknown) => exchange.doors.report(error, exchange.requestId);
    await recordTimings(ctx, { runId, timings }).catch(failed);
  }
  sendJson(exchange, reply);
}
