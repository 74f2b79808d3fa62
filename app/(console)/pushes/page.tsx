import { branchQueries } from "@/app/_queries/branches.ts";
import { pushQueries } from "@/app/_queries/pushes.ts";
import { ListPushesInput } from "@/lib/contracts/push.ts";
import { listPushes } from "@/lib/scheduler/list-pushes.ts";
import { listRepositories } from "@/lib/scheduler/list-repositories.ts";
import { Prefetched } from "../_components/prefetched.tsx";
import { PushesView } from "./_components/pushes-view.tsx";

export const metadata = { title: "Pushes" };

const Filter = ListPushesInput.pick({ owner: true, branch: true }).partial();

export default async function PushesPage(props: { searchParams: Promise<Record<string, string | string[]>> }) {
  const parsed = Filter.safeParse(await props.searchParams);
  const { owner, branch } = parsed.success ? parsed.data : {};
  const filter = { ...(owner ? { owner } : {}), ...(branch ? { branch } : {}) };
  return (
    <Prefetched
      read={(queries, ctx) =>
        Promise.all([
          queries.fetchInfiniteQuery({
            ...pushQueries.list(filter),
            queryFn: () => listPushes(ctx, { ...filter, limit: pushQueries.pageSize }),
          }),
          queries.fetchQuery({ ...branchQueries.repositories(), queryFn: () => listRepositories(ctx) }),
        ])
      }
    >
      <PushesView filter={filter} />
    </Prefetched>
  );
}
