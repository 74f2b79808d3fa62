import { branchQueries } from "@/app/_queries/branches.ts";
import { readConfigState } from "@/lib/http/read-config-state.ts";
import { listRepositories } from "@/lib/scheduler/list-repositories.ts";
import { Prefetched } from "../_components/prefetched.tsx";
import { RepositoriesView } from "./_components/repositories-view.tsx";

export const metadata = { title: "Branches" };

export default function BranchesPage() {
  return (
    <Prefetched
      read={(queries, ctx) =>
        Promise.all([
          queries.fetchQuery({ ...branchQueries.repositories(), queryFn: () => listRepositories(ctx) }),
          queries.fetchQuery({ ...branchQueries.config(), queryFn: () => readConfigState(ctx) }),
        ])
      }
    >
      <RepositoriesView />
    </Prefetched>
  );
}
