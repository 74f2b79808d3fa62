import { jobQueries } from "@/app/_queries/jobs.ts";
import { runQueries } from "@/app/_queries/runs.ts";
import { idParameter } from "@/app/(console)/_components/id-parameter.ts";
import { Prefetched } from "@/app/(console)/_components/prefetched.tsx";
import { IdText } from "@/lib/contracts/id.ts";
import { getJob } from "@/lib/scheduler/get-job.ts";
import { getRun } from "@/lib/scheduler/get-run.ts";
import { JobView } from "./_components/job-view.tsx";

interface JobPageProps {
  params: Promise<{ jobId: string }>;
  searchParams: Promise<{ run?: string | string[] }>;
}

export async function generateMetadata({ params }: JobPageProps) {
  return { title: `Job ${(await params).jobId}` };
}

export default async function JobPage({ params, searchParams }: JobPageProps) {
  const jobId = idParameter((await params).jobId);
  const asked = IdText.safeParse((await searchParams).run);
  return (
    <Prefetched
      read={async (queries, ctx) => {
        const job = await queries.fetchQuery({ ...jobQueries.one(jobId), queryFn: () => getJob(ctx, { jobId }) });
        const runId = asked.success ? asked.data : job.runId;
        if (runId === null) return;
        const run = await queries.fetchQuery({ ...runQueries.one(runId), queryFn: () => getRun(ctx, { runId }) });
        queries.setQueryData(runQueries.logSize(runId).queryKey, { lines: run.log.lines, complete: run.log.complete });
      }}
    >
      <JobView jobId={jobId} askedRun={asked.success ? asked.data : null} />
    </Prefetched>
  );
}
