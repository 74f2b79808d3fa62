import { randomBytes } from "node:crypto";
import type { BuilderDefinition } from "../contracts/in-tree-config.ts";
import type { BuilderKind, JobState, Result } from "../contracts/job.ts";
import type { Role } from "../contracts/me.ts";
import type { MergeWhen } from "../contracts/placement.ts";
import type { Sql } from "../db/sql.ts";
import { score } from "../scheduler/queue/score.ts";

/** Builders of rows for tests: each inserts one row with sensible values, makes the rows that it needs and was not given, and answers the id. */

/** A name that no other row has, such as `pool-3f09ab12`. */
export function uniqueName(what: string): string {
  return `${what}-${randomBytes(4).toString("hex")}`;
}

/** A full revision that no other push has. */
export function uniqueRevision(): string {
  return randomBytes(20).toString("hex");
}

/** Inserts one row; columns whose value is undefined keep the table's default. */
export async function insert(sql: Sql, table: string, columns: Record<string, unknown>): Promise<number> {
  const given = Object.entries(columns).filter(([, value]) => value !== undefined);
  const names = given.map(([name]) => `"${name}"`).join(", ");
  const places = given.map((_, index) => `$${index + 1}`).join(", ");
  const values = given.map(([, value]) => value);
  const { id } = await sql.one<{ id: number }>(
    `INSERT INTO "${table}" (${names}) VALUES (${places}) RETURNING id`,
    values,
  );
  return id;
}

/** A person, by default a developer; `login` is also the local part of the mail. */
export function makeUser(sql: Sql, user: { login?: string; roles?: Role[]; mail?: string } = {}): Promise<number> {
  const login = user.login ?? uniqueName("user");
  const roles = user.roles ?? ["developer"];
  return insert(sql, "users", {
    directory_id: uniqueName("entry"),
    login,
    name: login,
    mail: user.mail ?? `${login}@example.org`,
    roles: `{${roles.join(",")}}`,
    updated_at: new Date(),
  });
}

/** A git repository. */
export function makeRepository(sql: Sql, repository: { name?: string; url?: string } = {}): Promise<number> {
  const name = repository.name ?? uniqueName("repository");
  return insert(sql, "repositories", { name, url: repository.url ?? `/nowhere/${name}.git` });
}

/** A branch, open and of trust level 1 unless told otherwise. */
export async function makeBranch(
  sql: Sql,
  branch: { repositoryId?: number; name?: string; basePriority?: number; isTry?: boolean; closedAt?: Date } = {},
): Promise<number> {
  const name = branch.name ?? uniqueName("branch");
  return insert(sql, "branches", {
    repository_id: branch.repositoryId ?? (await makeRepository(sql)),
    ref: name,
    name,
    base_priority: branch.basePriority,
    is_try: branch.isTry,
    closed_at: branch.closedAt,
  });
}

/** A pool of trust level 1 with the usual head start. */
export function makePool(
  sql: Sql,
  pool: {
    name?: string;
    headStartMs?: number;
    pausedAt?: Date;
    removedAt?: Date;
    tokenHash?: string;
    mergeWhen?: MergeWhen;
  } = {},
): Promise<number> {
  return insert(sql, "pools", {
    merge_when: pool.mergeWhen,
    name: pool.name ?? uniqueName("pool"),
    head_start_ms: pool.headStartMs,
    paused_at: pool.pausedAt,
    removed_at: pool.removedAt,
    token_hash: pool.tokenHash,
  });
}

/** A push of one commit, already scheduled. */
export async function makePush(
  sql: Sql,
  push: { branchId?: number; ownerId?: number; revision?: string; configState?: string } = {},
): Promise<number> {
  return insert(sql, "pushes", {
    branch_id: push.branchId ?? (await makeBranch(sql)),
    revision: push.revision ?? uniqueRevision(),
    pusher_source: "hook",
    owner_id: push.ownerId,
    author_name: "Ada Example",
    author_email: "ada@example.org",
    authored_at: new Date("2026-11-01T12:00:00Z"),
    message: "Change something",
    config_state: push.configState ?? "scheduled",
  });
}

/** A builder of a repository. */
export async function makeBuilder(
  sql: Sql,
  builder: { repositoryId?: number; name?: string; platform?: string; kind?: BuilderKind } = {},
): Promise<number> {
  return insert(sql, "builders", {
    repository_id: builder.repositoryId ?? (await makeRepository(sql)),
    name: builder.name ?? uniqueName("linux64 opt build"),
    platform: builder.platform ?? "linux64",
    kind: builder.kind ?? "build",
  });
}

/** A buildset of a push; branch and revision are the push's. */
export async function makeBuildset(sql: Sql, buildset: { pushId?: number; submittedAt?: Date } = {}): Promise<number> {
  const pushId = buildset.pushId ?? (await makePush(sql));
  const push = await sql.one<{ branchId: number; revision: string }>(
    `SELECT branch_id AS "branchId", revision FROM pushes WHERE id = $1`,
    [pushId],
  );
  return insert(sql, "buildsets", {
    branch_id: push.branchId,
    push_id: pushId,
    revision: push.revision,
    kind: "push",
    reason: "a push",
    submitted_at: buildset.submittedAt,
  });
}

/** A definition of one step, as a job stores it. */
export function definition(part: Partial<BuilderDefinition> = {}): BuilderDefinition {
  return {
    name: "linux64 opt build",
    platform: "linux64",
    kind: "build",
    pool: "linux",
    needs: [],
    steps: [{ name: "build", run: "true", timeoutSeconds: 60 }],
    env: {},
    artifacts: [],
    timeoutSeconds: 600,
    exclusive: false,
    mergeable: true,
    considerForNightly: true,
    mergeLimit: 3,
    affinity: null,
    workers: "any",
    idle: false,
    chunk: null,
    retry: { limit: 5, exitCodes: [] },
    ...part,
  };
}

/** What a test may say about a job. `score` follows from `submittedAt`, `rank` and the usual head start unless given. */
export interface JobRow {
  buildsetId?: number;
  builderId?: number;
  poolId?: number;
  ownerId?: number;
  state?: JobState;
  result?: Result;
  priority?: number;
  rank?: number;
  score?: number;
  submittedAt?: Date;
  queueVersion?: number;
  dirty?: boolean;
  everRan?: boolean;
  exclusive?: boolean;
  definition?: Partial<BuilderDefinition>;
}

/** A job, queued and dirty unless told otherwise. */
export async function makeJob(sql: Sql, job: JobRow = {}): Promise<number> {
  const buildsetId = job.buildsetId ?? (await makeBuildset(sql));
  const set = await sql.one<{ branchId: number; pushId: number; submittedAt: Date; repositoryId: number }>(
    `SELECT s.branch_id AS "branchId", s.push_id AS "pushId", s.submitted_at AS "submittedAt", b.repository_id AS "repositoryId"
     FROM buildsets s JOIN branches b ON b.id = s.branch_id WHERE s.id = $1`,
    [buildsetId],
  );
  const submittedAt = job.submittedAt ?? set.submittedAt;
  const place = { submittedAtMs: submittedAt.getTime(), rank: job.rank ?? job.priority ?? 0 };
  return insert(sql, "jobs", {
    buildset_id: buildsetId,
    builder_id: job.builderId ?? (await makeBuilder(sql, { repositoryId: set.repositoryId })),
    branch_id: set.branchId,
    push_id: set.pushId,
    pool_id: job.poolId ?? (await makePool(sql)),
    owner_id: job.ownerId,
    trust_level: 1,
    definition: JSON.stringify(definition(job.definition)),
    definition_hash: "0".repeat(64),
    state: job.state ?? "queued",
    result: job.result ?? (job.state === "done" ? "success" : undefined),
    priority: job.priority,
    score: job.score ?? score(place, 600_000),
    submitted_at: submittedAt,
    queue_version: job.queueVersion,
    dirty: job.dirty,
    ever_ran: job.everRan,
    exclusive: job.exclusive,
  });
}
