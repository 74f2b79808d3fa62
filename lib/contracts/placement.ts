import { z } from "zod";
import { Id, Name } from "./id.ts";

/**
 * The set of its pool's queue that a job stands in. `any`: every worker may take it. `fast`: only a fast worker, as long as the pool has
 * one. `reserved`: every worker, the reserved fast ones too. `reserved-fast`: both. `idle`: only while enough workers are free.
 */
export const QueueClass = z.enum(["any", "fast", "reserved", "reserved-fast", "idle"]);
export type QueueClass = z.infer<typeof QueueClass>;

/** When waiting jobs of one builder may share a run: always, only while no other worker is free for them, or never. */
export const MergeWhen = z.enum(["always", "backlog", "never"]);
export type MergeWhen = z.infer<typeof MergeWhen>;

/**
 * Why a worker got a run. `asked`: it asked and this was the head of the order. `affinity`: of those that waited it was the last to run
 * this builder with success. `fastest`: the fastest of those that waited. `longest-idle`: as fast as others, idle for longer.
 * `only-one`: nobody else waited. `probe`: a person sent the job to this very worker.
 */
export const PlacementRule = z.enum(["asked", "affinity", "fastest", "longest-idle", "only-one", "probe"]);
export type PlacementRule = z.infer<typeof PlacementRule>;

/** The decision as it is stored with the run. */
export const Placement = z.object({
  rule: PlacementRule,
  /** One sentence for people. */
  why: z.string(),
  /** The worker's own speed. */
  speed: z.number().positive(),
  /** How many workers of the pool were free when it was decided, this one among them. */
  free: z.int().positive(),
  /** The best of those that were passed over, at most three, with the reason. */
  passedOver: z.array(z.object({ workerId: Id, worker: Name, speed: z.number(), why: z.string() })).max(3),
});
export type Placement = z.infer<typeof Placement>;
