import { createHash } from "node:crypto";
import { LogChunkInput, type LogChunkReply } from "../contracts/work.ts";
import { type LiveRun, lockLiveRun } from "../db/sql/lock-live-run.ts";
import { recordLogChunk } from "../db/sql/record-log-chunk.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import type { GatewayDoors } from "./doors.ts";
import { type Exchange, sendJson } from "./exchange.ts";
import { LogConflict } from "./log-conflict.ts";
import { readChunk, readQuery } from "./read-body.ts";

/** A chunk as it arrived, its digest checked. */
interface ArrivedChunk {
  number: number;
  offset: number;
  sha256: string;
  bytes: Buffer;
}

/** POST …/log: takes the next chunk of a run's log. A repeat is answered as before; a hole with where to go on. */
export async function appendLog(exchange: Exchange, ctx: SchedulerContext, runId: number): Promise<void> {
  const input = readQuery(exchange, LogChunkInput);
  const bytes = await readChunk(exchange);
  if (bytes.length === 0) throw new SchedulerError("invalid", "A chunk has at least one byte.");
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== input.sha256) {
    throw new SchedulerError("invalid", `The chunk that arrived has the SHA-256 ${found}, not ${input.sha256}.`);
  }
  sendJson(exchange, await takeChunk(exchange.doors, ctx, runId, { ...input, bytes }));
}

async function takeChunk(
  { logs, events, sql }: GatewayDoors,
  ctx: SchedulerContext,
  runId: number,
  chunk: ArrivedChunk,
): Promise<LogChunkReply> {
  const reply = { nextNumber: chunk.number + 1, nextOffset: chunk.offset + chunk.bytes.length };
  const lines = await sql.transaction(async (tx) => {
    const run = await lockLiveRun(tx, ctx, runId);
    if (await isRepeat(logs, run, chunk)) return null;
    requireNext(run, chunk);
    const written = await logs.append(runId, { bytes: run.logBytes, lines: run.logLines }, chunk.bytes);
    const lines = run.logLines + written.lines;
    await recordLogChunk(tx, runId, { chunks: reply.nextNumber, bytes: reply.nextOffset, lines });
    return lines;
  });
  if (lines === null) return reply;
  logs.noteAccepted(runId, chunk.offset, chunk.bytes);
  events.outputs.send({ runId, lines, bytes: reply.nextOffset, complete: false });
  return reply;
}

/** Whether these very bytes were accepted there before. */
async function isRepeat(logs: GatewayDoors["logs"], run: LiveRun, chunk: ArrivedChunk): Promise<boolean> {
  const end = chunk.offset + chunk.bytes.length;
  if (chunk.number >= run.logChunks || end > run.logBytes) return false;
  const hash = createHash("sha256");
  for await (const part of logs.stream(run.id, chunk.offset, end)) hash.update(part);
  return hash.digest("hex") === chunk.sha256;
}

function requireNext(run: LiveRun, { number, offset }: ArrivedChunk): void {
  const expected = { nextNumber: run.logChunks, nextOffset: run.logBytes };
  if (number === expected.nextNumber && offset === expected.nextOffset) return;
  throw new LogConflict(
    `Chunk ${number} at byte ${offset} does not follow: the next one of run ${run.id} is chunk ${run.logChunks} at byte ${run.logBytes}.`,
    expected,
  );
}
