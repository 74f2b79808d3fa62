import { z } from "zod";
import { Id, Name, Revision, Timestamp, UserRef } from "./id.ts";
import { Allowed } from "./job.ts";

/** 1 (try), 2 or 3 (release): what may meet what. */
export const TrustLevel = z.int().min(1).max(3);
export type TrustLevel = z.infer<typeof TrustLevel>;

export const Branch = z.object({
  id: Id,
  name: Name,
  repository: Name,
  /** The name in version control. */
  ref: z.string(),
  basePriority: z.int().min(-100).max(100),
  trustLevel: TrustLevel,
  isTry: z.boolean(),
  headRevision: Revision.nullable(),
  closedReason: z.string().nullable(),
  closedAt: Timestamp.nullable(),
  closedBy: UserRef.nullable(),
  /** Whether whoever asks may close and open it. */
  mayControl: Allowed,
});
export type Branch = z.infer<typeof Branch>;

export const Repository = z.object({
  id: Id,
  name: Name,
  vcs: z.enum(["git"]),
  url: z.string(),
  polledAt: Timestamp.nullable(),
  pollError: z.string().nullable(),
  branches: z.array(Branch),
});
export type Repository = z.infer<typeof Repository>;
