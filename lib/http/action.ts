import { randomUUID } from "node:crypto";
import "server-only";
import { unstable_rethrow } from "next/navigation";
import { z } from "zod";
import type { Problem } from "../contracts/problem.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { contextFromCookies } from "../server.ts";
import { toProblem } from "./problem.ts";

/** What an action answers: the verb's result, or why there is none. */
export type ActionResult<T> = { ok: true; data: T } | { ok: false; problem: Problem };

/**
 * Makes a server action of a scheduler verb: who is asking, is the input sound, what went wrong. Unknown fields are refused.
 * The framework has compared the request's Origin with its Host before this runs.
 */
export function action<Schema extends z.ZodType, Result>(
  schema: Schema,
  verb: (ctx: SchedulerContext, input: z.output<Schema>) => Promise<Result>,
) {
  const strict = schema instanceof z.ZodObject ? schema.strict() : schema;
  return async (input: z.input<Schema>): Promise<ActionResult<Result>> => {
    const requestId = randomUUID();
    try {
      const ctx = { ...(await contextFromCookies()), requestId };
      return { ok: true, data: await verb(ctx, strict.parse(input) as z.output<Schema>) };
    } catch (error) {
      unstable_rethrow(error); // redirect() and notFound() travel as exceptions
      return { ok: false, problem: toProblem(error, requestId) };
    }
  };
}
