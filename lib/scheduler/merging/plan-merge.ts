import type { BuilderKind } from "../../contracts/job.ts";
import type { MergeReceipt, MergeRule } from "../../contracts/merging.ts";
import type { MergeWhen } from "../../contracts/placement.ts";
import { sameProperties } from "./same-properties.ts";

/** A queued job as the rule of merging sees it. */
export interface MergeJob {
  id: number;
  pushId: number;
  builderId: number;
  branchId: number;
  poolId: number;
  trustLevel: number;
  /** Equal hashes mean equal definitions, and so equal work. */
  definitionHash: string;
  /** How its suite was split; null for what is no chunk. */
  chunkPlanId: number | null;
  kind: BuilderKind;
  /** Why it was scheduled: `push`, `nightly`, `request` or `retrigger`. */
  buildsetKind: string;
  /** It was split out of a shared run, or asked for by a person. */
  alone: boolean;
  /** Whether its builder may share a run at all. */
  mergeable: boolean;
  /** What its scheduler gave it, its buildset's share included. */
  properties: Readonly<Record<string, unknown>>;
  /** Whether it may start on the worker that asks, now. */
  eligible: boolean;
}

/** What decides besides the jobs. */
export interface MergeConditions {
  /** How many jobs one run of the builder may serve; `all` skips to the newest push. */
  limit: number | "all";
  /** The pool's rule. */
  mergeWhen: MergeWhen;
  branch: { isTry: boolean; allowMerge: boolean };
  /** Whether another worker, or another slot of this one, waits that could take one of these jobs. */
  otherWorkerWaits: boolean;
}

/** Who shares a run, and why each of the others does not. */
export interface MergePlan {
  /** The member whose revision, properties and needs the run has: that of the newest push. */
  leadId: number;
  /** The base, then those that joined it, by push, newest first. */
  members: { jobId: number; receipt: MergeReceipt }[];
  refused: { jobId: number; why: string }[];
}

/**
 * Who joins the job that was claimed, its run's base: waiting jobs of the same work, newest push first, up to the builder's limit, which
 * counts the base. The run builds the newest member's revision. Merging only takes jobs out of the queue: the order of the others stays.
 */
export function planMerge(base: MergeJob, candidates: readonly MergeJob[], conditions: MergeConditions): MergePlan {
  const bar = mergeBar(base, conditions);
  const room = conditions.limit === "all" ? Number.POSITIVE_INFINITY : conditions.limit - 1;
  const joined: MergeJob[] = [];
  const refused: MergePlan["refused"] = [];
  for (const job of candidates.filter(({ id }) => id !== base.id).toSorted(newestFirst)) {
    const full =
      joined.length < room ? null : `The run serves ${conditions.limit} jobs, as many as its builder allows.`;
    const why = bar ?? mismatch(base, job) ?? full;
    if (why === null) joined.push(job);
    else refused.push({ jobId: job.id, why });
  }
  const [lead = base] = [base, ...joined].toSorted(newestFirst);
  const rule: MergeRule = conditions.limit === "all" ? "skip-to-newest" : "same-builder";
  const members = [
    { jobId: base.id, receipt: baseReceipt(joined.length) },
    ...joined.map((job) => ({ jobId: job.id, receipt: joinerReceipt(base, job, lead, rule) })),
  ];
  return { leadId: lead.id, members, refused };
}

/** Why a job that is claimed shares its run with nobody, whoever waits; null when others may join it. */
export function mergeBar(
  base: MergeJob,
  { limit, mergeWhen, branch, otherWorkerWaits }: MergeConditions,
): string | null {
  if (mergeWhen === "never") return "The pool never merges.";
  if (mergeWhen === "backlog" && otherWorkerWaits) return "Another worker is free, and the pool merges only a backlog.";
  if (branch.isTry) return "Every try push is built by itself.";
  if (!branch.allowMerge) return "The branch does not allow merging.";
  if (limit !== "all" && limit <= 1) return "The builder gives every job a run of its own.";
  return ownRun(base);
}

/** Why this job has a run of its own wherever it is claimed. */
function ownRun(job: MergeJob): string | null {
  const { id } = job;
  if (job.alone) return `Job ${id} was split out of a shared run, or asked for by somebody; it runs alone.`;
  if (job.kind === "nightly" || job.buildsetKind === "nightly") return `Job ${id} is a nightly.`;
  if (job.buildsetKind === "retrigger") return `Job ${id} is a retrigger.`;
  if (job.buildsetKind !== "push") return `Job ${id} was asked for by somebody.`;
  if (!job.mergeable) return `The builder of job ${id} does not allow merging.`;
  if ("patch" in job.properties) return `Job ${id} has a patch.`;
  return null;
}

/** Why the job cannot be done by a run of the base. */
function mismatch(base: MergeJob, job: MergeJob): string | null {
  const differs = (what: string) => `Job ${job.id} has another ${what} than job ${base.id}.`;
  if (job.builderId !== base.builderId) return differs("builder");
  if (job.branchId !== base.branchId) return differs("branch");
  if (job.poolId !== base.poolId) return differs("pool");
  if (job.trustLevel !== base.trustLevel) return differs("trust level");
  if (job.definitionHash !== base.definitionHash) return differs("definition");
  if (job.chunkPlanId !== base.chunkPlanId) return differs("split of its suite");
  const alone = ownRun(job);
  if (alone !== null) return alone;
  if (!sameProperties(job.properties, base.properties))
    return `The properties of job ${job.id} are not those of job ${base.id}.`;
  return job.eligible ? null : `Job ${job.id} may not start on this worker now.`;
}

function newestFirst(a: MergeJob, b: MergeJob): number {
  return b.pushId - a.pushId || b.id - a.id;
}

function baseReceipt(joined: number): MergeReceipt {
  if (joined === 0) return { rule: "base" };
  const others = joined === 1 ? "one other job" : `${joined} other jobs`;
  return { rule: "base", why: `It was claimed first; ${others} of its builder joined its run.` };
}

function joinerReceipt(base: MergeJob, job: MergeJob, lead: MergeJob, rule: MergeRule): MergeReceipt {
  const push = job.pushId > base.pushId ? "newer push" : "older push";
  const built = job.id === lead.id ? "The run builds its revision." : `The run builds the revision of job ${lead.id}.`;
  const what = rule === "skip-to-newest" ? "its builder skips to the newest push" : `same builder, ${push}`;
  return { rule, why: `Joined the run of job ${base.id}, which was claimed first: ${what}. ${built}` };
}
