import { randomUUID } from "node:crypto";
import { ZodError } from "zod";
import type { Problem, ProblemCode, ProblemIssue } from "../contracts/problem.ts";
import { SchedulerError } from "../scheduler/errors.ts";

/** The only table from code to status. */
export const HTTP_STATUS = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  gone: 410,
  too_large: 413,
  too_many_requests: 429,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<ProblemCode, number>;

const TITLES = {
  invalid: "The request is not right",
  unauthenticated: "Nobody is signed in",
  forbidden: "Not allowed",
  not_found: "Not found",
  conflict: "Not possible as things are now",
  gone: "No longer there",
  too_large: "Too large",
  too_many_requests: "Too many requests",
  unavailable: "Not available at the moment",
  internal: "Something went wrong on our side",
} as const satisfies Record<ProblemCode, string>;

/** Where errors that nobody expected are written, with the request they belong to. */
export type ReportError = (error: unknown, requestId: string) => void;

interface ProblemOptions {
  requestId?: string;
  issues?: ProblemIssue[];
  state?: string | undefined;
  /** Only for what HTTP has a status of its own for and the code list has not: 405 and 415. */
  status?: 400 | 405 | 415;
}

/** Problem details of a code and a whole sentence. */
export function problemOf(code: ProblemCode, detail: string, options: ProblemOptions = {}): Problem {
  return {
    type: `urn:self-serve:problem:${code}`,
    title: TITLES[code],
    status: options.status ?? HTTP_STATUS[code],
    code,
    detail,
    ...(options.requestId !== undefined && { requestId: options.requestId }),
    ...(options.issues && { issues: options.issues }),
    ...(options.state !== undefined && { state: options.state }),
  };
}

/** Known outcomes keep their message; anything else is reported in full and told in general. */
export function toProblem(error: unknown, requestId: string = randomUUID(), report: ReportError = logError): Problem {
  if (error instanceof HttpProblem) return { ...error.problem, requestId };
  if (error instanceof SchedulerError) {
    if (error.cause !== undefined) report(error, requestId);
    return problemOf(error.code, error.message, { requestId, state: error.state });
  }
  if (error instanceof ZodError) return invalidProblem(error, requestId);
  report(error, requestId);
  const detail = `Something went wrong on our side. Please tell an administrator the request id ${requestId}.`;
  return problemOf("internal", detail, { requestId });
}

/** What HTTP wants to be said beside a problem: its type, how to sign in, when to come back. */
export function problemHeaders({ status }: Problem): Record<string, string> {
  return {
    "Content-Type": "application/problem+json",
    ...(status === 401 && { "WWW-Authenticate": 'Bearer realm="self-serve"' }),
    ...(status === 503 && { "Retry-After": "2" }),
  };
}

/** A refusal that belongs to HTTP alone, such as a wrong method. */
export class HttpProblem extends Error {
  readonly problem: Problem;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail);
    this.name = "HttpProblem";
    this.problem = problemOf(code, detail, options);
  }
}

/** One line of JSON on standard error: control characters are escaped, and no request body is in it. */
export function logError(error: unknown, requestId: string): void {
  const known = error instanceof Error ? error : new Error(String(error));
  const cause = known.cause instanceof Error ? known.cause.stack : known.cause;
  const line = { level: "error", at: new Date().toISOString(), requestId, message: known.message };
  console.error(JSON.stringify({ ...line, stack: known.stack, ...(cause !== undefined && { cause: String(cause) }) }));
}

function invalidProblem(error: ZodError, requestId: string): Problem {
  const issues = error.issues.slice(0, 20).map((issue) => ({
    path: issue.path.map((part) => (typeof part === "symbol" ? String(part) : part)),
    message: issue.message,
  }));
  const detail = issues.map(({ path, message }) => (path.length > 0 ? `${path.join(".")}: ${message}` : message));
  return problemOf("invalid", detail.join(" "), { requestId, issues });
}
