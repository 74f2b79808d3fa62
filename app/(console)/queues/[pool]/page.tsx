import { notFound } from "next/navigation";
import { poolQueries } from "@/app/_queries/pools.ts";
import { Prefetched } from "@/app/(console)/_components/prefetched.tsx";
import { Name } from "@/lib/contracts/id.ts";
import { getQueue } from "@/lib/scheduler/get-queue.ts";
import { QueueView } from "./_components/queue-view.tsx";

interface QueuePageProps {
  params: Promise<{ pool: string }>;
}

export async function generateMetadata({ params }: QueuePageProps) {
  return { title: `Queue of ${decodeURIComponent((await params).pool)}` };
}

export default async function QueuePage({ params }: QueuePageProps) {
  const parsed = Name.safeParse(decodeURIComponent((await params).pool));
  if (!parsed.success) notFound();
  const pool = parsed.data;
  return (
    <Prefetched
      read={(queries, ctx) =>
        queries.fetchInfiniteQuery({
          ...poolQueries.queue(pool),
          queryFn: () => getQueue(ctx, { pool, limit: poolQueries.pageSize }),
        })
      }
    >
      <QueueView name={pool} />
    </Prefetched>
  );
}
