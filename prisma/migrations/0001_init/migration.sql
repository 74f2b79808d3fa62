-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "job_state" AS ENUM ('blocked', 'queued', 'running', 'done');

-- CreateEnum
CREATE TYPE "result" AS ENUM ('success', 'warnings', 'failure', 'skipped', 'exception', 'retry', 'cancelled');

-- CreateEnum
CREATE TYPE "run_state" AS ENUM ('running', 'cancelling', 'lost', 'done');

-- CreateEnum
CREATE TYPE "builder_kind" AS ENUM ('build', 'test', 'nightly');

-- CreateEnum
CREATE TYPE "pusher_source" AS ENUM ('hook', 'author', 'unknown');

-- CreateEnum
CREATE TYPE "config_state" AS ENUM ('pending', 'scheduled', 'missing', 'broken');

-- CreateEnum
CREATE TYPE "role" AS ENUM ('developer', 'sheriff', 'admin');

-- CreateTable
CREATE TABLE "repositories" (
    "id" BIGSERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "vcs" TEXT NOT NULL DEFAULT 'git',
    "poll_seconds" INTEGER NOT NULL DEFAULT 10,
    "polled_at" TIMESTAMPTZ(3),
    "poll_error" TEXT,
    "removed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "repositories_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "branches" (
    "id" BIGSERIAL NOT NULL,
    "repository_id" BIGINT NOT NULL,
    "ref" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "base_priority" INTEGER NOT NULL DEFAULT 0,
    "trust_level" INTEGER NOT NULL DEFAULT 1,
    "is_try" BOOLEAN NOT NULL DEFAULT false,
    "trust_authors" BOOLEAN NOT NULL DEFAULT false,
    "allow_merge" BOOLEAN NOT NULL DEFAULT true,
    "head_revision" TEXT,
    "closed_at" TIMESTAMPTZ(3),
    "closed_reason" TEXT,
    "removed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "branches_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pushes" (
    "id" BIGSERIAL NOT NULL,
    "branch_id" BIGINT NOT NULL,
    "revision" TEXT NOT NULL,
    "parent_revision" TEXT,
    "forced" BOOLEAN NOT NULL DEFAULT false,
    "pusher_source" "pusher_source" NOT NULL DEFAULT 'unknown',
    "pusher_name" TEXT,
    "owner_id" BIGINT,
    "author_name" TEXT NOT NULL,
    "author_email" TEXT NOT NULL,
    "authored_at" TIMESTAMPTZ(3) NOT NULL,
    "message" TEXT NOT NULL,
    "commits" JSONB NOT NULL DEFAULT '[]',
    "commit_count" INTEGER NOT NULL DEFAULT 1,
    "files" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "file_count" INTEGER NOT NULL DEFAULT 0,
    "config_state" "config_state" NOT NULL DEFAULT 'pending',
    "config_errors" JSONB,
    "pushed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "pushes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "builders" (
    "id" BIGSERIAL NOT NULL,
    "repository_id" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "platform" TEXT NOT NULL,
    "kind" "builder_kind" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "builders_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "buildsets" (
    "id" BIGSERIAL NOT NULL,
    "branch_id" BIGINT NOT NULL,
    "push_id" BIGINT NOT NULL,
    "revision" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "properties" JSONB NOT NULL DEFAULT '{}',
    "submitted_by" BIGINT,
    "submitted_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "completed_at" TIMESTAMPTZ(3),
    "result" "result",

    CONSTRAINT "buildsets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "jobs" (
    "id" BIGSERIAL NOT NULL,
    "buildset_id" BIGINT NOT NULL,
    "builder_id" BIGINT NOT NULL,
    "branch_id" BIGINT NOT NULL,
    "push_id" BIGINT NOT NULL,
    "pool_id" BIGINT NOT NULL,
    "owner_id" BIGINT,
    "trust_level" INTEGER NOT NULL,
    "definition" JSONB NOT NULL,
    "definition_hash" TEXT NOT NULL,
    "properties" JSONB NOT NULL DEFAULT '{}',
    "state" "job_state" NOT NULL,
    "result" "result",
    "reason" TEXT,
    "priority" INTEGER NOT NULL DEFAULT 0,
    "score" DOUBLE PRECISION NOT NULL,
    "submitted_at" TIMESTAMPTZ(3) NOT NULL,
    "queued_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "queue_version" BIGINT NOT NULL DEFAULT 1,
    "dirty" BOOLEAN NOT NULL DEFAULT true,
    "ever_ran" BOOLEAN NOT NULL DEFAULT false,
    "lost_count" INTEGER NOT NULL DEFAULT 0,
    "retry_count" INTEGER NOT NULL DEFAULT 0,
    "avoid_worker_id" BIGINT,
    "exclusive" BOOLEAN NOT NULL DEFAULT false,
    "retrigger_of_id" BIGINT,
    "cancelled_by_id" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "jobs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "job_dependencies" (
    "job_id" BIGINT NOT NULL,
    "needs_job_id" BIGINT NOT NULL,

    CONSTRAINT "job_dependencies_pkey" PRIMARY KEY ("job_id","needs_job_id")
);

-- CreateTable
CREATE TABLE "runs" (
    "id" BIGSERIAL NOT NULL,
    "worker_id" BIGINT NOT NULL,
    "boot_id" TEXT NOT NULL,
    "slot" INTEGER NOT NULL,
    "claim_id" TEXT NOT NULL,
    "base_job_id" BIGINT NOT NULL,
    "pool_id" BIGINT NOT NULL,
    "revision" TEXT NOT NULL,
    "state" "run_state" NOT NULL DEFAULT 'running',
    "result" "result",
    "reason" TEXT,
    "lease_until" TIMESTAMPTZ(3) NOT NULL,
    "exclusive" BOOLEAN NOT NULL DEFAULT false,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "ended_at" TIMESTAMPTZ(3),
    "cancel_requested_at" TIMESTAMPTZ(3),
    "cancelled_at" TIMESTAMPTZ(3),
    "finish_hash" TEXT,
    "log_chunks" INTEGER NOT NULL DEFAULT 0,
    "log_bytes" BIGINT NOT NULL DEFAULT 0,
    "log_lines" INTEGER NOT NULL DEFAULT 0,
    "log_complete" BOOLEAN NOT NULL DEFAULT false,
    "log_sha256" TEXT,

    CONSTRAINT "runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "run_members" (
    "run_id" BIGINT NOT NULL,
    "job_id" BIGINT NOT NULL,
    "live" BOOLEAN NOT NULL DEFAULT true,
    "receipt" JSONB NOT NULL DEFAULT '{"rule":"base"}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "run_members_pkey" PRIMARY KEY ("run_id","job_id")
);

-- CreateTable
CREATE TABLE "steps" (
    "run_id" BIGINT NOT NULL,
    "index" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "result" "result",
    "exit_code" INTEGER,
    "first_line" INTEGER,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "steps_pkey" PRIMARY KEY ("run_id","index")
);

-- CreateTable
CREATE TABLE "outputs" (
    "run_id" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,

    CONSTRAINT "outputs_pkey" PRIMARY KEY ("run_id","name")
);

-- CreateTable
CREATE TABLE "artifacts" (
    "id" BIGSERIAL NOT NULL,
    "run_id" BIGINT NOT NULL,
    "name" TEXT NOT NULL,
    "sha256" TEXT NOT NULL,
    "size" BIGINT NOT NULL,
    "content_type" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "artifacts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "pools" (
    "id" BIGSERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "trust_level" INTEGER NOT NULL DEFAULT 1,
    "head_start_ms" BIGINT NOT NULL DEFAULT 600000,
    "token_hash" TEXT,
    "paused_at" TIMESTAMPTZ(3),
    "paused_note" TEXT,
    "removed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "pools_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "workers" (
    "id" BIGSERIAL NOT NULL,
    "name" TEXT NOT NULL,
    "boot_id" TEXT,
    "slots" INTEGER NOT NULL DEFAULT 1,
    "speed" DOUBLE PRECISION NOT NULL DEFAULT 1,
    "platform" TEXT,
    "version" TEXT,
    "session_hash" TEXT,
    "session_expires_at" TIMESTAMPTZ(3),
    "last_seen_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "workers_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "worker_pools" (
    "worker_id" BIGINT NOT NULL,
    "pool_id" BIGINT NOT NULL,

    CONSTRAINT "worker_pools_pkey" PRIMARY KEY ("worker_id","pool_id")
);

-- CreateTable
CREATE TABLE "commands" (
    "id" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "user_id" BIGINT,
    "via" TEXT NOT NULL,
    "input" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "completed_at" TIMESTAMPTZ(3),

    CONSTRAINT "commands_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "command_items" (
    "command_id" BIGINT NOT NULL,
    "job_id" BIGINT NOT NULL,
    "outcome" TEXT NOT NULL,
    "code" TEXT,
    "message" TEXT,
    "created" BIGINT[] DEFAULT ARRAY[]::BIGINT[],

    CONSTRAINT "command_items_pkey" PRIMARY KEY ("command_id","job_id")
);

-- CreateTable
CREATE TABLE "events" (
    "id" BIGSERIAL NOT NULL,
    "seq" BIGINT,
    "type" TEXT NOT NULL,
    "branch_id" BIGINT,
    "push_id" BIGINT,
    "job_id" BIGINT,
    "run_id" BIGINT,
    "body" JSONB NOT NULL DEFAULT '{}',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "events_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_entries" (
    "id" BIGSERIAL NOT NULL,
    "seq" BIGINT,
    "prev_hash" TEXT,
    "hash" TEXT,
    "user_id" BIGINT,
    "actor" TEXT NOT NULL,
    "via" TEXT NOT NULL,
    "from_ip" TEXT,
    "action" TEXT NOT NULL,
    "object" TEXT NOT NULL,
    "before" JSONB,
    "after" JSONB,
    "outcome" TEXT NOT NULL,
    "request_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "audit_entries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "counters" (
    "name" TEXT NOT NULL,
    "value" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "counters_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "idempotency_keys" (
    "actor" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "body_hash" TEXT NOT NULL,
    "reply" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("actor","key")
);

-- CreateTable
CREATE TABLE "users" (
    "id" BIGSERIAL NOT NULL,
    "directory_id" TEXT NOT NULL,
    "login" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "mail" TEXT,
    "groups" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "roles" "role"[] DEFAULT ARRAY[]::"role"[],
    "groups_read_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "disabled_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "sessions" (
    "id_hash" TEXT NOT NULL,
    "user_id" BIGINT NOT NULL,
    "ip" TEXT,
    "user_agent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id_hash")
);

-- CreateTable
CREATE TABLE "api_tokens" (
    "id" BIGSERIAL NOT NULL,
    "user_id" BIGINT,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL DEFAULT 'user',
    "public_id" TEXT NOT NULL,
    "hash" TEXT NOT NULL,
    "scopes" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),
    "last_ip" TEXT,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "repositories_name_key" ON "repositories"("name");

-- CreateIndex
CREATE UNIQUE INDEX "branches_name_key" ON "branches"("name");

-- CreateIndex
CREATE UNIQUE INDEX "branches_repository_id_ref_key" ON "branches"("repository_id", "ref");

-- CreateIndex
CREATE INDEX "pushes_branch_id_id_idx" ON "pushes"("branch_id", "id" DESC);

-- CreateIndex
CREATE INDEX "pushes_owner_id_id_idx" ON "pushes"("owner_id", "id" DESC);

-- CreateIndex
CREATE INDEX "pushes_revision_idx" ON "pushes"("revision");

-- CreateIndex
CREATE UNIQUE INDEX "builders_repository_id_name_key" ON "builders"("repository_id", "name");

-- CreateIndex
CREATE INDEX "buildsets_push_id_idx" ON "buildsets"("push_id");

-- CreateIndex
CREATE INDEX "jobs_push_id_builder_id_idx" ON "jobs"("push_id", "builder_id");

-- CreateIndex
CREATE INDEX "jobs_branch_id_id_idx" ON "jobs"("branch_id", "id" DESC);

-- CreateIndex
CREATE INDEX "jobs_owner_id_id_idx" ON "jobs"("owner_id", "id" DESC);

-- CreateIndex
CREATE INDEX "jobs_builder_id_id_idx" ON "jobs"("builder_id", "id" DESC);

-- CreateIndex
CREATE INDEX "jobs_buildset_id_idx" ON "jobs"("buildset_id");

-- CreateIndex
CREATE INDEX "job_dependencies_needs_job_id_idx" ON "job_dependencies"("needs_job_id");

-- CreateIndex
CREATE INDEX "runs_base_job_id_idx" ON "runs"("base_job_id");

-- CreateIndex
CREATE UNIQUE INDEX "runs_worker_id_slot_claim_id_key" ON "runs"("worker_id", "slot", "claim_id");

-- CreateIndex
CREATE INDEX "run_members_job_id_run_id_idx" ON "run_members"("job_id", "run_id" DESC);

-- CreateIndex
CREATE INDEX "artifacts_sha256_idx" ON "artifacts"("sha256");

-- CreateIndex
CREATE UNIQUE INDEX "artifacts_run_id_name_key" ON "artifacts"("run_id", "name");

-- CreateIndex
CREATE UNIQUE INDEX "pools_name_key" ON "pools"("name");

-- CreateIndex
CREATE UNIQUE INDEX "workers_name_key" ON "workers"("name");

-- CreateIndex
CREATE UNIQUE INDEX "workers_session_hash_key" ON "workers"("session_hash");

-- CreateIndex
CREATE INDEX "commands_user_id_id_idx" ON "commands"("user_id", "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "events_seq_key" ON "events"("seq");

-- CreateIndex
CREATE INDEX "events_job_id_id_idx" ON "events"("job_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "audit_entries_seq_key" ON "audit_entries"("seq");

-- CreateIndex
CREATE INDEX "audit_entries_object_id_idx" ON "audit_entries"("object", "id" DESC);

-- CreateIndex
CREATE INDEX "idempotency_keys_created_at_idx" ON "idempotency_keys"("created_at");

-- CreateIndex
CREATE UNIQUE INDEX "users_directory_id_key" ON "users"("directory_id");

-- CreateIndex
CREATE UNIQUE INDEX "users_login_key" ON "users"("login");

-- CreateIndex
CREATE INDEX "users_mail_idx" ON "users"("mail");

-- CreateIndex
CREATE INDEX "sessions_user_id_idx" ON "sessions"("user_id");

-- CreateIndex
CREATE UNIQUE INDEX "api_tokens_public_id_key" ON "api_tokens"("public_id");

-- CreateIndex
CREATE INDEX "api_tokens_user_id_idx" ON "api_tokens"("user_id");

-- AddForeignKey
ALTER TABLE "branches" ADD CONSTRAINT "branches_repository_id_fkey" FOREIGN KEY ("repository_id") REFERENCES "repositories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pushes" ADD CONSTRAINT "pushes_branch_id_fkey" FOREIGN KEY ("branch_id") REFERENCES "branches"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pushes" ADD CONSTRAINT "pushes_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "builders" ADD CONSTRAINT "builders_repository_id_fkey" FOREIGN KEY ("repository_id") REFERENCES "repositories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "buildsets" ADD CONSTRAINT "buildsets_push_id_fkey" FOREIGN KEY ("push_id") REFERENCES "pushes"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_buildset_id_fkey" FOREIGN KEY ("buildset_id") REFERENCES "buildsets"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_builder_id_fkey" FOREIGN KEY ("builder_id") REFERENCES "builders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_branch_id_fkey" FOREIGN KEY ("branch_id") REFERENCES "branches"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_push_id_fkey" FOREIGN KEY ("push_id") REFERENCES "pushes"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_pool_id_fkey" FOREIGN KEY ("pool_id") REFERENCES "pools"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_owner_id_fkey" FOREIGN KEY ("owner_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_retrigger_of_id_fkey" FOREIGN KEY ("retrigger_of_id") REFERENCES "jobs"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job_dependencies" ADD CONSTRAINT "job_dependencies_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job_dependencies" ADD CONSTRAINT "job_dependencies_needs_job_id_fkey" FOREIGN KEY ("needs_job_id") REFERENCES "jobs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "runs" ADD CONSTRAINT "runs_worker_id_fkey" FOREIGN KEY ("worker_id") REFERENCES "workers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "runs" ADD CONSTRAINT "runs_pool_id_fkey" FOREIGN KEY ("pool_id") REFERENCES "pools"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run_members" ADD CONSTRAINT "run_members_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "run_members" ADD CONSTRAINT "run_members_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "steps" ADD CONSTRAINT "steps_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "outputs" ADD CONSTRAINT "outputs_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "artifacts" ADD CONSTRAINT "artifacts_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "runs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "worker_pools" ADD CONSTRAINT "worker_pools_worker_id_fkey" FOREIGN KEY ("worker_id") REFERENCES "workers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "worker_pools" ADD CONSTRAINT "worker_pools_pool_id_fkey" FOREIGN KEY ("pool_id") REFERENCES "pools"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "commands" ADD CONSTRAINT "commands_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "command_items" ADD CONSTRAINT "command_items_command_id_fkey" FOREIGN KEY ("command_id") REFERENCES "commands"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "command_items" ADD CONSTRAINT "command_items_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_tokens" ADD CONSTRAINT "api_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- What Prisma's schema language cannot say ---------------------------------------------------------------------------

-- A job has at most one live run, and a worker's slot at most one run that still holds it.
CREATE UNIQUE INDEX "run_members_one_live_run_per_job" ON "run_members" ("job_id") WHERE "live";
CREATE UNIQUE INDEX "runs_one_live_run_per_slot" ON "runs" ("worker_id", "slot") WHERE "state" IN ('running', 'cancelling');

-- Claims that bypass Redis read a pool's order; ids break ties as in the queue.
CREATE INDEX "jobs_queue_order" ON "jobs" ("pool_id", "score", "id") WHERE "state" = 'queued';
-- The sweep walks what waits by id; the relay finds what changed.
CREATE INDEX "jobs_queued_by_id" ON "jobs" ("pool_id", "id") WHERE "state" = 'queued';
CREATE INDEX "jobs_dirty" ON "jobs" ("id") WHERE "dirty";
CREATE INDEX "jobs_unfinished" ON "jobs" ("state", "id") WHERE "state" <> 'done';
-- A job's page shows its retriggers, which few jobs have.
CREATE INDEX "jobs_retriggers" ON "jobs" ("retrigger_of_id") WHERE "retrigger_of_id" IS NOT NULL;
-- The reaper looks for leases that ended.
CREATE INDEX "runs_live_leases" ON "runs" ("lease_until") WHERE "state" IN ('running', 'cancelling');
-- The relay numbers what is not numbered yet.
CREATE INDEX "events_unnumbered" ON "events" ("id") WHERE "seq" IS NULL;
CREATE INDEX "audit_unchained" ON "audit_entries" ("id") WHERE "seq" IS NULL;
CREATE INDEX "pushes_unscheduled" ON "pushes" ("id") WHERE "config_state" = 'pending';
-- Whoever logs in for the first time gets the pushes that a hook or their mail named them for.
CREATE INDEX "pushes_unowned" ON "pushes" (lower("pusher_name")) WHERE "owner_id" IS NULL;

ALTER TABLE "jobs" SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE "runs" SET (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);

-- Bounds that people set.
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_priority_bounds" CHECK ("priority" BETWEEN -100 AND 100);
ALTER TABLE "branches" ADD CONSTRAINT "branches_base_priority_bounds" CHECK ("base_priority" BETWEEN -100 AND 100);
ALTER TABLE "branches" ADD CONSTRAINT "branches_trust_level_bounds" CHECK ("trust_level" BETWEEN 1 AND 3);
ALTER TABLE "pools" ADD CONSTRAINT "pools_trust_level_bounds" CHECK ("trust_level" BETWEEN 1 AND 3);
-- A job has a result exactly when it is done, and `retry` is a result of runs only.
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_result_when_done" CHECK (("state" = 'done') = ("result" IS NOT NULL) AND "result" IS DISTINCT FROM 'retry');

-- A result is final. The one exit is the undo of a cancel of a job that never ran.
CREATE FUNCTION "protect_terminal_job"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'done' AND (NEW.state <> 'done' OR NEW.result <> OLD.result) THEN
    IF NOT OLD.ever_ran AND OLD.result IN ('cancelled', 'skipped') AND NEW.state IN ('queued', 'blocked') AND NEW.result IS NULL
       AND current_setting('selfserve.undo', true) = 'on' THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'job % is done with result %, which is final', OLD.id, OLD.result USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "jobs_terminal_is_final" BEFORE UPDATE OF "state", "result" ON "jobs"
  FOR EACH ROW EXECUTE FUNCTION "protect_terminal_job"();

-- A run that is done stays done. A lost one may be re-adopted (running) or settled (done).
CREATE FUNCTION "protect_terminal_run"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'done' AND (NEW.state <> 'done' OR NEW.result IS DISTINCT FROM OLD.result) THEN
    RAISE EXCEPTION 'run % is done, which is final', OLD.id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "runs_terminal_is_final" BEFORE UPDATE OF "state", "result" ON "runs"
  FOR EACH ROW EXECUTE FUNCTION "protect_terminal_run"();

-- Audit rows are only inserted. The relay may fill in the chain of a row that has none yet.
CREATE FUNCTION "protect_audit"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.seq IS NULL
     AND (to_jsonb(NEW) - 'seq' - 'prev_hash' - 'hash') = (to_jsonb(OLD) - 'seq' - 'prev_hash' - 'hash') THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'audit entries are only appended' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER "audit_is_append_only" BEFORE UPDATE OR DELETE ON "audit_entries"
  FOR EACH ROW EXECUTE FUNCTION "protect_audit"();
CREATE TRIGGER "audit_is_never_truncated" BEFORE TRUNCATE ON "audit_entries"
  FOR EACH STATEMENT EXECUTE FUNCTION "protect_audit"();

INSERT INTO "counters" ("name", "value") VALUES ('events', 0), ('audit', 0);
