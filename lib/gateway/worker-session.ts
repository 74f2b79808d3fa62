import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Sql } from "../db/sql.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import type { Exchange } from "./exchange.ts";

const BEARER = /^Bearer +(\S{1,500})$/i;

interface WorkerRow {
  workerId: number;
  bootId: string;
  name: string;
}

/** A context for the worker whose session the request carries; throws `unauthenticated` when it has none that is valid now. */
export async function workerContext({ doors, request, ip, requestId }: Exchange): Promise<SchedulerContext> {
  const worker = await findWorker(doors.sql, bearerOf(request.headers));
  return doors.contextOf({ kind: "worker", ...worker, via: `worker:${worker.workerId}`, ip }, requestId);
}

/** The bearer token of a request; throws `unauthenticated` when there is none. */
export function bearerOf(headers: IncomingHttpHeaders): string {
  const token = BEARER.exec(headers.authorization ?? "")?.[1];
  if (token === undefined) throw new SchedulerError("unauthenticated", "Send a worker's session as a bearer token.");
  return token;
}

async function findWorker(sql: Sql, session: string): Promise<WorkerRow> {
  const worker = await sql.maybe<WorkerRow>(
    {
      name: "find-worker-session",
      text: `
        SELECT id AS "workerId", boot_id AS "bootId", name FROM workers
        WHERE session_hash = $1 AND boot_id IS NOT NULL AND session_expires_at > clock_timestamp()`,
    },
    [createHash("sha256").update(session).digest("hex")],
  );
  if (worker) return worker;
  throw new SchedulerError("unauthenticated", "This worker session is not valid, or has ended. Register again.");
}
