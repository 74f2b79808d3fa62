import { z } from "zod";
import { Id, Revision, Timestamp } from "./id.ts";

/** Why a job is a member of a run: its claim took it (`base`), or it joined the base by this rule. */
export const MergeRule = z.enum(["base", "same-builder", "skip-to-newest"]);
export type MergeRule = z.infer<typeof MergeRule>;

/** A member's receipt, kept with the run: by which rule it is here, and why it has left again, if it has. */
export const MergeReceipt = z.object({
  rule: MergeRule,
  /** One sentence for people, such as `Joined the run of job 12, which was claimed first: same builder, newer push.` */
  why: z.string().optional(),
  /** It left for good: its cancel, or a split into a run of its own. */
  detached: z.enum(["cancelled", "split"]).optional(),
});
export type MergeReceipt = z.infer<typeof MergeReceipt>;

/** What a job's page says about the run that serves it with others. */
export const SharedRun = z.object({
  runId: Id,
  /** The revision that is built: the newest member's. */
  revision: Revision,
  /** Whether that is another one than this job's own. */
  newerRevision: z.boolean(),
  receipt: MergeReceipt,
  /** Every member, by push, newest first. */
  members: z.array(
    z.object({
      jobId: Id,
      pushId: Id,
      revision: Revision,
      rank: z.int(),
      live: z.boolean(),
      lead: z.boolean(),
      receipt: MergeReceipt,
    }),
  ),
  startedAt: Timestamp,
});
export type SharedRun = z.infer<typeof SharedRun>;
