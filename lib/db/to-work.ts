import type { Work } from "../contracts/work.ts";
import type { WorkRow } from "./sql/read-work.ts";

/** A run as its agent gets it. Outputs of the jobs it needs become properties; the properties of its own buildset win. */
export function toWork(row: WorkRow, leaseSeconds: number): Work {
  const { definition, chunkPlan: plan } = row;
  const { chunk } = definition; // a job of an older version has none
  return {
    runId: row.runId,
    jobIds: row.jobIds,
    builder: definition.name,
    branch: row.branch,
    pool: row.pool,
    trustLevel: row.trustLevel,
    source: { repository: row.repository, vcs: row.vcs, url: row.url, ref: row.ref, revision: row.revision },
    steps: definition.steps,
    env: definition.env,
    properties: { ...Object.fromEntries(row.outputs.map(({ name, value }) => [name, value])), ...row.properties },
    artifacts: definition.artifacts,
    needs: row.artifacts.map(({ builder, id, name, sha256, size }) => ({
      builder,
      name,
      sha256,
      size,
      url: `/worker/v1/artifacts/${id}`,
    })),
    timeoutSeconds: definition.timeoutSeconds,
    exclusive: row.exclusive,
    leaseSeconds,
    chunk: chunk ? { index: chunk.index, of: chunk.of, plan } : null,
  };
}
