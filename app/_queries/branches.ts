import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { Repository } from "@/lib/contracts/branch.ts";
import { fetchJson } from "./fetch-json.ts";
import { keys } from "./keys.ts";

/** Repositories with their branches. */
export const branchQueries = {
  repositories: () =>
    queryOptions({
      queryKey: keys.repositories(),
      queryFn: ({ signal }) => fetchJson("/repositories", z.array(Repository), { signal }),
    }),
};
