import type { Sql } from "../sql.ts";

/** Writes how much of a run's log is accepted now. The run is locked by this transaction. */
export async function recordLogChunk(
  tx: Sql,
  runId: number,
  log: { chunks: number; bytes: number; lines: number },
): Promise<void> {
  await tx.count(
    {
      name: "record-log-chunk",
      text: "UPDATE runs SET log_chunks = $2, log_bytes = $3, log_lines = $4 WHERE id = $1",
    },
    [runId, log.chunks, log.bytes, log.lines],
  );
}
