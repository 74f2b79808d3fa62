import type { ENDPOINTS } from "../../lib/contracts/endpoints.ts";
import type { ApiRows } from "../fixtures/api-rows.ts";

/** A request that its endpoint takes when the right person asks. */
export interface Sample {
  path: string;
  body?: unknown;
}

/** One for each endpoint: a new endpoint without one does not compile. */
export const SAMPLES: Record<keyof typeof ENDPOINTS, (rows: ApiRows) => Sample> = {
  listRepositories: () => ({ path: "/repositories" }),
  getConfigState: () => ({ path: "/config" }),
  listBranches: () => ({ path: "/branches" }),
  getBranch: ({ branch }) => ({ path: `/branches/${branch}` }),
  listPushes: () => ({ path: "/pushes" }),
  receivePush: () => ({
    path: "/pushes",
    body: {
      repository: "nowhere",
      ref: "refs/heads/main",
      before: "0".repeat(40),
      after: "1".repeat(40),
      pusher: "dev",
    },
  }),
  getPush: ({ pushId }) => ({ path: `/pushes/${pushId}` }),
  listJobs: () => ({ path: "/jobs" }),
  getJob: ({ jobId }) => ({ path: `/jobs/${jobId}` }),
  cancelJob: ({ jobId }) => ({ path: `/jobs/${jobId}/cancel`, body: {} }),
  retriggerJob: ({ jobId }) => ({ path: `/jobs/${jobId}/retrigger`, body: { count: 1 } }),
  reprioritizeJob: ({ jobId }) => ({ path: `/jobs/${jobId}/priority`, body: { priority: 5 } }),
  submitCommand: ({ jobId }) => ({ path: "/commands", body: { kind: "reprioritize", jobIds: [jobId], priority: 1 } }),
  getCommand: ({ commandId }) => ({ path: `/commands/${commandId}` }),
  getRun: ({ runId }) => ({ path: `/runs/${runId}` }),
  readLog: ({ runId }) => ({ path: `/runs/${runId}/log` }),
  downloadLog: ({ runId }) => ({ path: `/runs/${runId}/log/raw` }),
  listArtifacts: ({ runId }) => ({ path: `/runs/${runId}/artifacts` }),
  getArtifact: ({ artifactId }) => ({ path: `/artifacts/${artifactId}` }),
  listPools: () => ({ path: "/pools" }),
  getQueue: ({ pool }) => ({ path: `/pools/${pool}/queue` }),
  listWorkers: () => ({ path: "/workers" }),
  getMe: () => ({ path: "/me" }),
  listTokens: () => ({ path: "/tokens" }),
  revokeToken: () => ({ path: "/tokens/1" }),
  getOpenApi: () => ({ path: "/openapi.json" }),
};
