import { DatabaseError } from "pg";
import { SchedulerError } from "../scheduler/errors.ts";

/** SQLSTATE codes (or classes) that say "not now" about the server, not about the statement. */
const UNAVAILABLE_STATES = [
  "08", // connection exceptions
  "53", // no connection slot, memory or disk left
  "57P", // shutting down, crashed, starting up
  "25P03", // the session was idle in its transaction for too long
  "57014", // statement timeout
  "55P03", // lock timeout
];

/** A transaction that PostgreSQL rolled back to let another one go on; running it again is right. */
const RETRY_STATES = ["40001", "40P01"];

/** Whether PostgreSQL undid the whole transaction in favour of another one. */
export function isConflictOfTransactions(error: unknown): boolean {
  return error instanceof DatabaseError && RETRY_STATES.includes(error.code ?? "");
}

/** Whether the connection must not be used again. An error that PostgreSQL answered normally leaves it sound. */
export function breaksConnection(error: unknown): boolean {
  return !(error instanceof DatabaseError) || error.severity === "FATAL" || error.severity === "PANIC";
}

/**
 * What a caller should see of an error of the driver: `unavailable` when the database could not be reached or could not answer in time
 * (the cause is kept), the error itself when it is about the statement.
 */
export function toCallerError(error: unknown): unknown {
  if (error instanceof SchedulerError) return error;
  const state = error instanceof DatabaseError ? (error.code ?? "") : undefined;
  const away =
    state === undefined ? isConnectionError(error) : UNAVAILABLE_STATES.some((prefix) => state.startsWith(prefix));
  if (!away) return error;
  return new SchedulerError(
    "unavailable",
    "The database does not answer at the moment. Nothing is lost; try again shortly.",
    {
      cause: error,
    },
  );
}

function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && typeof error.code === "string") return CONNECTION_CODES.has(error.code);
  // The driver has no codes for these.
  return /connection terminated|timeout exceeded when trying to connect|query read timeout|not queryable|client was closed/i.test(
    error.message,
  );
}

const CONNECTION_CODES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
]);
