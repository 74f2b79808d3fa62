import { branchQueries } from "@/app/_queries/branches.ts";
import { listRepositories } from "@/lib/scheduler/list-repositories.ts";
import { Prefetched } from "../_components/prefetched.tsx";
import { RepositoriesView } from "./_components/repositories-view.tsx";

export const metadata = { title: "Branches" };

export default function BranchesPage() {
  return (
    <Prefetched
      read={(queries, ctx) =>
        queries.fetchQuery({ ...branchQueries.repositories(), queryFn: () => listRepositories(ctx) })
      }
    >
      <RepositoriesView />
    </Prefetched>
  );
}
