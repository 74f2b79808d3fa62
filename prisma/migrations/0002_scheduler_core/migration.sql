-- CreateEnum
CREATE TYPE "queue_class" AS ENUM ('any', 'fast', 'reserved', 'reserved-fast', 'idle');

-- CreateEnum
CREATE TYPE "merge_when" AS ENUM ('always', 'backlog', 'never');

-- DropForeignKey
ALTER TABLE "command_items" DROP CONSTRAINT "command_items_job_id_fkey";

-- AlterTable
ALTER TABLE "branches" ADD COLUMN     "closed_by_id" BIGINT;

-- AlterTable
ALTER TABLE "jobs" ADD COLUMN     "alone" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "boost_from" INTEGER,
ADD COLUMN     "boost_reason" TEXT,
ADD COLUMN     "boost_until" TIMESTAMPTZ(3),
ADD COLUMN     "chunk_plan_id" BIGINT,
ADD COLUMN     "only_worker_id" BIGINT,
ADD COLUMN     "queue_class" "queue_class" NOT NULL DEFAULT 'any';

-- AlterTable
ALTER TABLE "runs" ADD COLUMN     "lead_job_id" BIGINT,
ADD COLUMN     "placement" JSONB NOT NULL DEFAULT '{}';
-- Until now every run served one job.
UPDATE "runs" SET "lead_job_id" = "base_job_id";
ALTER TABLE "runs" ALTER COLUMN "lead_job_id" SET NOT NULL;

-- AlterTable
ALTER TABLE "pools" ADD COLUMN     "fast_speed" DOUBLE PRECISION,
ADD COLUMN     "idle_above" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "merge_when" "merge_when" NOT NULL DEFAULT 'backlog',
ADD COLUMN     "paused_by_id" BIGINT,
ADD COLUMN     "reserve_branches" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "reserve_workers" INTEGER NOT NULL DEFAULT 0;

-- AlterTable
ALTER TABLE "workers" ADD COLUMN     "control_reason" TEXT,
ADD COLUMN     "controlled_by_id" BIGINT,
ADD COLUMN     "disabled_at" TIMESTAMPTZ(3),
ADD COLUMN     "draining_at" TIMESTAMPTZ(3),
ADD COLUMN     "quarantined_at" TIMESTAMPTZ(3),
ADD COLUMN     "quarantined_until" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "commands" ADD COLUMN     "actor" JSONB NOT NULL DEFAULT '{}',
ADD COLUMN     "undo_of_id" BIGINT,
ADD COLUMN     "worked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp();

-- AlterTable
ALTER TABLE "command_items" ADD COLUMN     "after" JSONB,
ADD COLUMN     "before" JSONB;

-- CreateTable
CREATE TABLE "worker_builders" (
    "worker_id" BIGINT NOT NULL,
    "builder_id" BIGINT NOT NULL,
    "succeeded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "worker_builders_pkey" PRIMARY KEY ("builder_id","worker_id")
);

-- CreateTable
CREATE TABLE "builder_timings" (
    "builder_id" BIGINT NOT NULL,
    "samples_ms" INTEGER[],
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "builder_timings_pkey" PRIMARY KEY ("builder_id")
);

-- CreateTable
CREATE TABLE "estimates" (
    "id" BIGSERIAL NOT NULL,
    "job_id" BIGINT NOT NULL,
    "given_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "position" INTEGER,
    "start_p50_at" TIMESTAMPTZ(3) NOT NULL,
    "start_p90_at" TIMESTAMPTZ(3) NOT NULL,
    "finish_p50_at" TIMESTAMPTZ(3) NOT NULL,
    "finish_p90_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "estimates_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "chunk_timings" (
    "repository_id" BIGINT NOT NULL,
    "suite" TEXT NOT NULL,
    "item" TEXT NOT NULL,
    "ms" DOUBLE PRECISION NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "chunk_timings_pkey" PRIMARY KEY ("repository_id","suite","item")
);

-- CreateTable
CREATE TABLE "chunk_plans" (
    "id" BIGSERIAL NOT NULL,
    "repository_id" BIGINT NOT NULL,
    "suite" TEXT NOT NULL,
    "chunks" INTEGER NOT NULL,
    "plan" JSONB NOT NULL,
    "measured" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "chunk_plans_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "estimates_job_id_id_idx" ON "estimates"("job_id", "id" DESC);

-- CreateIndex
CREATE INDEX "estimates_given_at_idx" ON "estimates"("given_at");

-- CreateIndex
CREATE INDEX "chunk_plans_repository_id_suite_chunks_id_idx" ON "chunk_plans"("repository_id", "suite", "chunks", "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "commands_undo_of_id_key" ON "commands"("undo_of_id");

-- AddForeignKey
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_chunk_plan_id_fkey" FOREIGN KEY ("chunk_plan_id") REFERENCES "chunk_plans"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_only_worker_id_fkey" FOREIGN KEY ("only_worker_id") REFERENCES "workers"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "worker_builders" ADD CONSTRAINT "worker_builders_worker_id_fkey" FOREIGN KEY ("worker_id") REFERENCES "workers"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "worker_builders" ADD CONSTRAINT "worker_builders_builder_id_fkey" FOREIGN KEY ("builder_id") REFERENCES "builders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "builder_timings" ADD CONSTRAINT "builder_timings_builder_id_fkey" FOREIGN KEY ("builder_id") REFERENCES "builders"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "estimates" ADD CONSTRAINT "estimates_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "jobs"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "chunk_timings" ADD CONSTRAINT "chunk_timings_repository_id_fkey" FOREIGN KEY ("repository_id") REFERENCES "repositories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "chunk_plans" ADD CONSTRAINT "chunk_plans_repository_id_fkey" FOREIGN KEY ("repository_id") REFERENCES "repositories"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "commands" ADD CONSTRAINT "commands_undo_of_id_fkey" FOREIGN KEY ("undo_of_id") REFERENCES "commands"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "branches" ADD CONSTRAINT "branches_closed_by_id_fkey" FOREIGN KEY ("closed_by_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "pools" ADD CONSTRAINT "pools_paused_by_id_fkey" FOREIGN KEY ("paused_by_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "workers" ADD CONSTRAINT "workers_controlled_by_id_fkey" FOREIGN KEY ("controlled_by_id") REFERENCES "users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- What Prisma's schema language cannot say ---------------------------------------------------------------------------

-- The order of a queue, now with what an explanation counts by, so that it reads the index alone.
DROP INDEX "jobs_queue_order";
CREATE INDEX "jobs_queue_order" ON "jobs" ("pool_id", "score", "id")
  INCLUDE ("builder_id", "branch_id", "priority", "owner_id", "queue_class") WHERE "state" = 'queued';
-- A claim looks for jobs that may share its run.
CREATE INDEX "jobs_mergeable" ON "jobs" ("builder_id", "branch_id", "push_id" DESC)
  WHERE "state" = 'queued' AND NOT "alone" AND "retrigger_of_id" IS NULL;
-- A worker in quarantine looks for its probes; boosts end; commands that were cut off are resumed.
CREATE INDEX "jobs_probes" ON "jobs" ("only_worker_id") WHERE "only_worker_id" IS NOT NULL AND "state" = 'queued';
CREATE INDEX "jobs_boosts" ON "jobs" ("boost_until") WHERE "boost_until" IS NOT NULL;
CREATE INDEX "commands_unfinished" ON "commands" ("worked_at") WHERE "completed_at" IS NULL;

ALTER TABLE "pools" ADD CONSTRAINT "pools_reserve_bounds" CHECK ("reserve_workers" >= 0 AND "idle_above" >= 0);
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_boost_bounds" CHECK ("boost_from" BETWEEN -100 AND 100);
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_boost_whole" CHECK (("boost_until" IS NULL) = ("boost_from" IS NULL));
