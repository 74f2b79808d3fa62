import { poolQueries } from "@/app/_queries/pools.ts";
import { listPools } from "@/lib/scheduler/list-pools.ts";
import { Prefetched } from "../_components/prefetched.tsx";
import { PoolsView } from "./_components/pools-view.tsx";

export const metadata = { title: "Queues" };

export default function QueuesPage() {
  return (
    <Prefetched read={(queries, ctx) => queries.fetchQuery({ ...poolQueries.list(), queryFn: () => listPools(ctx) })}>
      <PoolsView />
    </Prefetched>
  );
}
