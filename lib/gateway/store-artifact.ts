import { Transform } from "node:stream";
import { refuseArtifactName } from "../artifacts/artifact-name.ts";
import { contentTypeOf } from "../artifacts/content-type.ts";
import { ArtifactInput } from "../contracts/work.ts";
import { insertArtifact } from "../db/sql/insert-artifact.ts";
import { lockLiveRun } from "../db/sql/lock-live-run.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { record } from "../scheduler/record.ts";
import { type Exchange, sendJson } from "./exchange.ts";
import { readQuery, requireEncoding } from "./read-body.ts";

const MAX_ARTIFACT_BYTES = 10 * 2 ** 30;
const MAX_ARTIFACTS = 1_000;
/** An upload from which nothing comes for so long is broken off. */
const IDLE_MS = 60_000;

/** PUT …/artifacts: takes an artifact of a live run. The row is written when its bytes are on the disk; a repeat is answered as before. */
export async function storeArtifact(exchange: Exchange, ctx: SchedulerContext, runId: number): Promise<void> {
  const input = readQuery(exchange, ArtifactInput);
  requireEncoding(exchange.request, []);
  requireSound(input, exchange.request.headers["content-length"]);
  await exchange.doors.sql.transaction((tx) => lockLiveRun(tx, ctx, runId)); // before anything is read
  await receive(exchange, input);
  const added = await exchange.doors.sql.transaction(async (tx) => {
    await lockLiveRun(tx, ctx, runId);
    const artifact = { runId, ...input, contentType: contentTypeOf(input.name) };
    const { id, added } = await insertArtifact(tx, artifact, MAX_ARTIFACTS);
    if (added) await record(tx, ctx, { event: { type: "run.artifact", runId, body: { id, ...input } } });
    return added;
  });
  if (added) ctx.signals.send("relay");
  sendJson(exchange, {});
}

function requireSound({ name, size }: ArtifactInput, contentLength: string | undefined): void {
  const reason = refuseArtifactName(name);
  if (reason !== null) throw new SchedulerError("invalid", `The artifact's name ${reason}.`);
  if (size > MAX_ARTIFACT_BYTES) {
    throw new SchedulerError("too_large", `An artifact has at most ${MAX_ARTIFACT_BYTES} bytes.`);
  }
  if (contentLength !== undefined && Number(contentLength) !== size) {
    throw new SchedulerError("invalid", `The body has ${contentLength} bytes, but ${size} were announced.`);
  }
}

/** Stores the body. The request is not destroyed when that fails, so that the refusal can be told. */
async function receive({ request, doors }: Exchange, input: ArtifactInput): Promise<void> {
  const bytes = new Transform({
    transform: (part, _, done) => {
      idle.refresh();
      done(null, part);
    },
  });
  const brokenOff = () => bytes.destroy(new SchedulerError("invalid", "The upload broke off."));
  const idle = setTimeout(brokenOff, IDLE_MS);
  const closed = () => {
    if (!request.readableEnded) brokenOff();
  };
  request.once("error", brokenOff);
  request.once("close", closed);
  if (request.destroyed)
    closed(); // while we found out who asks; nothing more would be heard of it
  else request.pipe(bytes);
  try {
    await doors.artifacts.put(bytes, input);
  } finally {
    clearTimeout(idle);
    request.unpipe(bytes);
    request.off("error", brokenOff);
    request.off("close", closed);
  }
}
