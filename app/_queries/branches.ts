import { queryOptions } from "@tanstack/react-query";
import { z } from "zod";
import { Repository } from "@/lib/contracts/branch.ts";
import { ConfigError } from "@/lib/contracts/push.ts";
import { fetchJson } from "./fetch-json.ts";
import { keys } from "./keys.ts";

const ConfigState = z.object({ errors: z.array(ConfigError) });

/** Repositories with their branches, and what is wrong with the file that names them. */
export const branchQueries = {
  config: () =>
    queryOptions({
      queryKey: keys.config(),
      queryFn: ({ signal }) => fetchJson("/config", ConfigState, { signal }),
    }),
  repositories: () =>
    queryOptions({
      queryKey: keys.repositories(),
      queryFn: ({ signal }) => fetchJson("/repositories", z.array(Repository), { signal }),
    }),
};
