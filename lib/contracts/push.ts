import { z } from "zod";
import { Id, Login, Name, Revision, Timestamp, UserRef } from "./id.ts";
import { Job } from "./job.ts";
import { PageInput } from "./page.ts";

/** How the pusher is known: told by a trusted hook, guessed from the tip author's mail, or not at all. */
export const PusherSource = z.enum(["hook", "author", "unknown"]);
export type PusherSource = z.infer<typeof PusherSource>;

export const ConfigState = z.enum(["pending", "scheduled", "missing", "broken"]);
export type ConfigState = z.infer<typeof ConfigState>;

/** One fault of a configuration file, by place. Lines and columns count from 1. */
export const ConfigError = z.object({
  file: z.string(),
  line: z.int().positive(),
  column: z.int().positive(),
  key: z.string(),
  message: z.string(),
});
export type ConfigError = z.infer<typeof ConfigError>;

export const Commit = z.object({
  revision: Revision,
  authorName: z.string(),
  authorEmail: z.string(),
  authoredAt: Timestamp,
  message: z.string(),
});
export type Commit = z.infer<typeof Commit>;

/** How many of a push's jobs are in each state, and how those that are done ended. */
export const JobCounts = z.object({
  blocked: z.int(),
  queued: z.int(),
  running: z.int(),
  success: z.int(),
  warnings: z.int(),
  failure: z.int(),
  skipped: z.int(),
  exception: z.int(),
  cancelled: z.int(),
});
export type JobCounts = z.infer<typeof JobCounts>;

/** A push as lists show it. */
export const Push = z.object({
  id: Id,
  branch: Name,
  repository: Name,
  revision: Revision,
  parentRevision: Revision.nullable(),
  forced: z.boolean(),
  owner: UserRef.nullable(),
  pusherSource: PusherSource,
  pusherName: z.string().nullable(),
  authorName: z.string(),
  authorEmail: z.string(),
  message: z.string(),
  commitCount: z.int(),
  pushedAt: Timestamp,
  configState: ConfigState,
  counts: JobCounts,
});
export type Push = z.infer<typeof Push>;

export const PushDetail = Push.extend({
  commits: z.array(Commit),
  files: z.array(z.string()),
  fileCount: z.int(),
  configErrors: z.array(ConfigError),
  jobs: z.array(Job),
});
export type PushDetail = z.infer<typeof PushDetail>;

/** Filters of the push list. `owner=me` is the person who asks. */
export const ListPushesInput = PageInput.extend({
  branch: Name.optional(),
  owner: z.string().max(64).optional(),
  revision: z
    .string()
    .regex(/^[0-9a-f]{7,64}$/)
    .optional(),
});
export type ListPushesInput = z.infer<typeof ListPushesInput>;

/** What a hook tells after a push: who moved which ref of which repository from where to where. */
export const ReceivePushInput = z.object({
  repository: Name,
  /** The full ref, such as `refs/heads/main`, or the branch's name. */
  ref: z.string().min(1).max(255),
  /** All zeros for a new branch. */
  before: Revision,
  after: Revision,
  /** The login name of who pushed, as the trusted server knows it. */
  pusher: Login,
});
export type ReceivePushInput = z.infer<typeof ReceivePushInput>;

/** The hook's answer: the pushes that were made or found, that of its own revision last; the note says why there is none, or what is to follow. */
export const ReceivePushReply = z.object({ pushIds: z.array(Id), note: z.string().nullable() });
export type ReceivePushReply = z.infer<typeof ReceivePushReply>;
