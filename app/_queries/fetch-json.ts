import type { z } from "zod";
import { Problem } from "@/lib/contracts/problem.ts";

/** The server's refusal of a read, with what it said. */
export class ProblemError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

type Parameters = Record<string, string | number | boolean | undefined>;

/** Reads `/api/v1…` with the session and checks the answer; with `question`, by a POST that changes nothing. Throws a `ProblemError` on a refusal. */
export async function fetchJson<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  options: { signal: AbortSignal; parameters?: Parameters; question?: unknown },
): Promise<z.output<Schema>> {
  const response = await fetch(`/api/v1${path}${toSearch(options.parameters ?? {})}`, {
    signal: options.signal,
    headers: {
      accept: "application/json",
      ...(options.question !== undefined && { "content-type": "application/json" }),
    },
    ...(options.question !== undefined && { method: "POST", body: JSON.stringify(options.question) }),
  });
  if (!response.ok) throw await refusal(response);
  return schema.parse(await response.json());
}

function toSearch(parameters: Parameters): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? "" : `?${search}`;
}

async function refusal(response: Response): Promise<Error> {
  const body: unknown = await response.json().catch(() => null);
  const problem = Problem.safeParse(body);
  if (problem.success) return new ProblemError(problem.data);
  return new Error(`The server answered ${response.status} without saying why. Try again shortly.`);
}
