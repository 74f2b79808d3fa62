import { notFound } from "next/navigation";
import { branchQueries } from "@/app/_queries/branches.ts";
import { pushQueries } from "@/app/_queries/pushes.ts";
import { Prefetched } from "@/app/(console)/_components/prefetched.tsx";
import { Name } from "@/lib/contracts/id.ts";
import { getBranch } from "@/lib/scheduler/get-branch.ts";
import { listJobs } from "@/lib/scheduler/list-jobs.ts";
import { listPushes } from "@/lib/scheduler/list-pushes.ts";
import { listRepositories } from "@/lib/scheduler/list-repositories.ts";
import { BranchView } from "./_components/branch-view.tsx";

/** Jobs of a push that the first render reads; the browser reads the rest of a larger one. */
const MOST_JOBS = 500;

interface BranchPageProps {
  params: Promise<{ name: string }>;
}

export async function generateMetadata({ params }: BranchPageProps) {
  return { title: decodeURIComponent((await params).name) };
}

export default async function BranchPage({ params }: BranchPageProps) {
  const parsed = Name.safeParse(decodeURIComponent((await params).name));
  if (!parsed.success) notFound();
  const name = parsed.data;
  return (
    <Prefetched
      read={async (queries, ctx) => {
        const filter = { branch: name };
        await getBranch(ctx, { name });
        const [pushes] = await Promise.all([
          listPushes(ctx, { ...filter, limit: pushQueries.pageSize }),
          queries.fetchQuery({ ...branchQueries.repositories(), queryFn: () => listRepositories(ctx) }),
        ]);
        await queries.fetchInfiniteQuery({ ...pushQueries.list(filter), queryFn: () => pushes });
        await Promise.all(
          pushes.items.map(async (push) => {
            const jobs = await listJobs(ctx, { push: push.id, limit: MOST_JOBS });
            if (jobs.nextCursor === null) queries.setQueryData(pushQueries.jobs(push.id).queryKey, jobs.items);
          }),
        );
      }}
    >
      <BranchView name={name} />
    </Prefetched>
  );
}
