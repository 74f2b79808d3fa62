import { poolQueries } from "@/app/_queries/pools.ts";
import { listWorkers } from "@/lib/scheduler/list-workers.ts";
import { Prefetched } from "../_components/prefetched.tsx";
import { WorkersView } from "./_components/workers-view.tsx";

export const metadata = { title: "Workers" };

export default function WorkersPage() {
  return (
    <Prefetched
      read={(queries, ctx) => queries.fetchQuery({ ...poolQueries.workers(), queryFn: () => listWorkers(ctx) })}
    >
      <WorkersView />
    </Prefetched>
  );
}
