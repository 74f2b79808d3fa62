import { queryOptions } from "@tanstack/react-query";
import { LogPart, Run } from "@/lib/contracts/run.ts";
import { fetchJson } from "./fetch-json.ts";
import { keys } from "./keys.ts";

/** Lines per piece of a log. A full piece never changes, so it is read once. */
export const CHUNK_LINES = 500;

/** How long a log is, and whether it will grow. */
export interface LogSize {
  lines: number;
  complete: boolean;
}

/** Hints that a log has grown are never repeated; one that is lost costs at most this long. */
const LOST_HINT_MS = 2_000;

/** Runs and their logs. */
export const runQueries = {
  one: (runId: number) =>
    queryOptions({
      queryKey: keys.run(runId),
      queryFn: ({ signal }) => fetchJson(`/runs/${runId}`, Run, { signal }),
    }),

  logSize: (runId: number) =>
    queryOptions({
      queryKey: keys.logSize(runId),
      queryFn: async ({ signal }): Promise<LogSize> => {
        const part = await fetchJson(`/runs/${runId}/log`, LogPart, { signal, parameters: { tail: true, limit: 1 } });
        return { lines: part.totalLines, complete: part.complete };
      },
      refetchInterval: ({ state }) => (state.data?.complete ? false : LOST_HINT_MS),
    }),

  /** Lines `chunk × CHUNK_LINES + 1` and on. */
  logChunk: (runId: number, chunk: number) =>
    queryOptions({
      queryKey: keys.logChunk(runId, chunk),
      queryFn: ({ signal }): Promise<LogPart> =>
        fetchJson(`/runs/${runId}/log`, LogPart, {
          signal,
          parameters: { fromLine: chunk * CHUNK_LINES + 1, limit: CHUNK_LINES },
        }),
      refetchInterval: ({ state }) => (state.data !== undefined && isFinal(state.data) ? false : LOST_HINT_MS),
      gcTime: 60_000,
      staleTime: ({ state }) => (state.data !== undefined && isFinal(state.data) ? Number.POSITIVE_INFINITY : 0),
    }),
};

/** Whether this piece will never change. */
export function isFinal(part: LogPart): boolean {
  return part.complete || part.lines.length >= CHUNK_LINES;
}

/** Where the raw log can be downloaded. */
export function rawLogUrl(runId: number): string {
  return `/api/v1/runs/${runId}/log/raw`;
}

/** Where an artifact's bytes can be downloaded. */
export function artifactUrl(artifactId: number): string {
  return `/api/v1/artifacts/${artifactId}`;
}
