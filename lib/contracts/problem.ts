import { z } from "zod";

/** What can go wrong, as one closed list; `lib/http/problem.ts` holds the only table from code to status. */
export const ProblemCode = z.enum([
  "invalid",
  "unauthenticated",
  "forbidden",
  "not_found",
  "conflict",
  "gone",
  "too_large",
  "too_many_requests",
  "unavailable",
  "internal",
]);
export type ProblemCode = z.infer<typeof ProblemCode>;

/** One fault of an input: where it is (`["jobs", 3, "priority"]`) and what would be right. */
export const ProblemIssue = z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() });
export type ProblemIssue = z.infer<typeof ProblemIssue>;

/** An error as people and scripts see it: RFC 9457 problem details, with the code as the stable part. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int().min(400).max(599),
  code: ProblemCode,
  detail: z.string(),
  requestId: z.string().optional(),
  issues: z.array(ProblemIssue).optional(),
  /** Where the thing is now, when that helps: the state a job was found in. */
  state: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;
