/** Filters of a push list, as they stand in the URL. */
export interface PushFilter {
  owner?: string;
  branch?: string;
}

/** Every key of the query cache, once. The first word says what it is, so that events find what they change. */
export const keys = {
  pushes: (filter: PushFilter) => ["pushes", filter] as const,
  push: (pushId: number) => ["push", pushId] as const,
  pushJobs: (pushId: number) => ["push-jobs", pushId] as const,
  config: () => ["config"] as const,
  repositories: () => ["repositories"] as const,
  job: (jobId: number) => ["job", jobId] as const,
  explanation: (jobId: number) => ["explanation", jobId] as const,
  command: (commandId: number) => ["command", commandId] as const,
  commandItems: (commandId: number, outcome: string | null) => ["command-items", commandId, outcome] as const,
  preview: (input: unknown) => ["preview", input] as const,
  run: (runId: number) => ["run", runId] as const,
  logSize: (runId: number) => ["log-size", runId] as const,
  logChunk: (runId: number, chunk: number) => ["log-chunk", runId, chunk] as const,
  pools: () => ["pools"] as const,
  queue: (pool: string) => ["queue", pool] as const,
  workers: () => ["workers"] as const,
};
