import { createWriteStream } from "node:fs";
import path from "node:path";
import type { Work } from "../contracts/work.ts";
import { type ArtifactCache, DigestMismatch } from "./artifact-cache.ts";
import { ArtifactError, type FoundArtifact, findArtifacts, openArtifact } from "./find-artifacts.ts";
import type { RunAs } from "./options.ts";
import { type Surroundings, untilAnswered } from "./retry.ts";
import { directoryOfBuilder, giveDirectory } from "./run-directory.ts";
import type { RunLog } from "./run-log.ts";
import { RunEnded } from "./run-outcome.ts";
import type { RunReport } from "./run-report.ts";
import type { Session } from "./session.ts";
import type { RunPlaces } from "./step-env.ts";
import { AnswerError, type Wire } from "./wire.ts";

/** What moving artifacts needs. */
export interface TransferSurroundings {
  work: Work;
  places: RunPlaces;
  session: Session;
  wire: Wire;
  cache: ArtifactCache;
  user: RunAs | null;
  log: RunLog;
  report: RunReport;
  surroundings: Surroundings;
  signal: AbortSignal;
}

const PARALLEL = 6;
const TRANSFER_TIMEOUT_MS = 30 * 60_000;

/** Brings the artifacts that the job needs into one directory per builder. Throws RunEnded when one cannot be had. */
export async function bringNeeds(transfer: TransferSurroundings): Promise<void> {
  const { work, places, cache, user, signal } = transfer;
  await inParallel(work.needs, async (artifact) => {
    const dir = path.join(places.artifacts, directoryOfBuilder(artifact.builder));
    const file = path.join(dir, ...artifact.name.split("/"));
    if (!file.startsWith(dir + path.sep))
      throw new RunEnded("exception", `Artifact ${artifact.name} has a name that leads elsewhere.`);
    try {
      await cache.place(artifact, work.trustLevel, file, (_, part) => download(transfer, artifact.url, part), signal);
    } catch (error) {
      if (error instanceof AnswerError || error instanceof DigestMismatch) {
        throw new RunEnded(
          "exception",
          `Artifact ${artifact.name} of ${artifact.builder} could not be fetched: ${error.message}`,
        );
      }
      throw error;
    }
    transfer.log.say(`has ${artifact.name} of ${artifact.builder}, ${artifact.size} bytes, sha256 ${artifact.sha256}`);
  });
  if (user !== null) await giveDirectory(places.artifacts, user);
  await cache.trim();
}

async function download(transfer: TransferSurroundings, url: string, file: string): Promise<void> {
  const { session, wire, surroundings, signal } = transfer;
  const path = url.startsWith("/") ? url : `${new URL(url).pathname}${new URL(url).search}`;
  await untilAnswered(
    surroundings,
    "Fetching an artifact",
    () =>
      session.withSession(signal, (bearer) =>
        wire.download({ method: "GET", path, bearer, timeoutMs: TRANSFER_TIMEOUT_MS, signal }, createWriteStream(file)),
      ),
    { signal },
  );
}

/** Finds, hashes and uploads what the job declared. Throws RunEnded when the job or the server does not allow it. */
export async function uploadArtifacts(transfer: TransferSurroundings): Promise<void> {
  try {
    const found = await findArtifacts(transfer.places.checkout, transfer.work.artifacts);
    await inParallel(found, (artifact) => upload(transfer, artifact));
  } catch (error) {
    if (error instanceof ArtifactError) throw new RunEnded("failure", error.message);
    throw error;
  }
}

async function upload(transfer: TransferSurroundings, artifact: FoundArtifact): Promise<void> {
  const { work, session, signal } = transfer;
  const { name } = artifact;
  const { handle, size, sha256 } = await openArtifact(artifact);
  try {
    const query = new URLSearchParams({ name, sha256, size: String(size) });
    await transfer.report.untilTaken("Uploading an artifact", { signal }, async () => {
      await session.withSession(signal, (bearer) => {
        const bytes = { autoClose: false, start: 0, end: Math.max(0, size - 1), highWaterMark: 2 ** 18 };
        const body = size === 0 ? Buffer.alloc(0) : { stream: handle.createReadStream(bytes), size };
        const path = `/worker/v1/runs/${work.runId}/artifacts?${query}`;
        const headers = { "content-type": "application/octet-stream" };
        return transfer.wire.json({
          method: "PUT",
          path,
          bearer,
          body,
          headers,
          timeoutMs: TRANSFER_TIMEOUT_MS,
          signal,
        });
      });
    });
    transfer.log.say(`uploaded ${name}, ${size} bytes, sha256 ${sha256}`);
  } catch (error) {
    if (!(error instanceof AnswerError) || error.status === 409) throw error;
    throw new RunEnded("failure", `The artifact ${name} was refused. ${error.message}`);
  } finally {
    await handle.close();
  }
}

/** At most six at a time; the first error ends it when those under way are done. */
async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const errors: unknown[] = [];
  const lane = async () => {
    for (let item = left.shift(); item !== undefined && errors.length === 0; item = left.shift()) {
      await act(item).catch((error: unknown) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, lane));
  if (errors.length > 0) throw errors[0];
}
