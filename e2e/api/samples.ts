import type { ENDPOINTS } from "../../lib/contracts/endpoints.ts";
import type { ApiRows } from "../fixtures/api-rows.ts";

/** A request that its endpoint takes when the right person asks. */
export interface Sample {
  path: string;
  body?: unknown;
  /** Who the right person is, when not every developer may. */
  who?: "admin";
}

/** A request that takes something out of service, or lets it in again. */
function control(path: string, body: Record<string, unknown> = {}): Sample {
  return { path, body, who: "admin" };
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
  splitJob: ({ jobId }) => ({ path: `/jobs/${jobId}/split`, body: {} }),
  explainJob: ({ jobId }) => ({ path: `/jobs/${jobId}/explanation` }),
  previewCommand: ({ jobId }) => ({ path: "/commands/preview", body: { kind: "cancel", jobIds: [jobId] } }),
  undoCommand: ({ commandId }) => ({ path: `/commands/${commandId}/undo`, body: {} }),
  submitCommand: ({ jobId }) => ({ path: "/commands", body: { kind: "reprioritize", jobIds: [jobId], priority: 1 } }),
  getCommand: ({ commandId }) => ({ path: `/commands/${commandId}` }),
  getRun: ({ runId }) => ({ path: `/runs/${runId}` }),
  readLog: ({ runId }) => ({ path: `/runs/${runId}/log` }),
  downloadLog: ({ runId }) => ({ path: `/runs/${runId}/log/raw` }),
  listArtifacts: ({ runId }) => ({ path: `/runs/${runId}/artifacts` }),
  getArtifact: ({ artifactId }) => ({ path: `/artifacts/${artifactId}` }),
  listPools: () => ({ path: "/pools" }),
  getQueue: ({ pool }) => ({ path: `/pools/${pool}/queue` }),
  pausePool: ({ pool }) => control(`/pools/${pool}/pause`, { note: "The disks are full." }),
  resumePool: ({ pool }) => control(`/pools/${pool}/resume`),
  closeBranch: ({ branch }) => control(`/branches/${branch}/close`, { reason: "Tests fail." }),
  openBranch: ({ branch }) => control(`/branches/${branch}/open`),
  quarantineWorker: ({ worker }) => control(`/workers/${worker}/quarantine`, { reason: "Its disk fails.", minutes: 5 }),
  drainWorker: ({ worker }) => control(`/workers/${worker}/drain`, { reason: "Its room is moved." }),
  disableWorker: ({ worker }) => control(`/workers/${worker}/disable`, { reason: "It burns." }),
  releaseWorker: ({ worker }) => control(`/workers/${worker}/release`),
  probeWorker: ({ worker, jobId }) => control(`/workers/${worker}/probe`, { jobId }),
  listWorkers: () => ({ path: "/workers" }),
  getMe: () => ({ path: "/me" }),
  listTokens: () => ({ path: "/tokens" }),
  revokeToken: () => ({ path: "/tokens/1" }),
  getOpenApi: () => ({ path: "/openapi.json" }),
};
