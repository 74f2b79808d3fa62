import { SchedulerError } from "../../scheduler/errors.ts";
import type { Sql } from "../sql.ts";

/** An artifact whose bytes are stored. */
export interface NewArtifact {
  runId: number;
  name: string;
  sha256: string;
  size: number;
  contentType: string;
}

/**
 * Writes an artifact of a run that this transaction has locked; not `added` when the same one is there already. Throws `conflict` when
 * the run has another one of this name, `too_large` when it has `limit` artifacts: sending it again will not help.
 */
export async function insertArtifact(
  tx: Sql,
  artifact: NewArtifact,
  limit: number,
): Promise<{ id: number; added: boolean }> {
  const { runId, name, sha256, size, contentType } = artifact;
  const there = await tx.maybe<{ id: number; sha256: string; size: number }>(
    { name: "find-artifact", text: "SELECT id, sha256, size FROM artifacts WHERE run_id = $1 AND name = $2" },
    [runId, name],
  );
  if (there) {
    if (there.sha256 === sha256 && there.size === size) return { id: there.id, added: false };
    throw new SchedulerError("conflict", `Run ${runId} already has another artifact named ${name}.`);
  }
  const inserted = await tx.maybe<{ id: number }>(
    {
      name: "insert-artifact",
      text: `
        INSERT INTO artifacts (run_id, name, sha256, size, content_type)
        SELECT $1, $2, $3, $4, $5 WHERE (SELECT count(*) FROM artifacts WHERE run_id = $1) < $6
        RETURNING id`,
    },
    [runId, name, sha256, size, contentType, limit],
  );
  if (!inserted) throw new SchedulerError("too_large", `Run ${runId} has ${limit} artifacts; more are not accepted.`);
  return { id: inserted.id, added: true };
}
