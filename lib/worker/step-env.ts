import type { Work } from "../contracts/work.ts";
import type { ChunkFiles } from "./chunk-files.ts";

/** Where a run keeps its things, all inside one fresh directory. */
export interface RunPlaces {
  dir: string;
  /** The checkout, where the steps start. */
  checkout: string;
  home: string;
  tmp: string;
  /** Needed artifacts, in one directory per builder. */
  artifacts: string;
  /** What the steps write their outputs to. */
  outputs: string;
  properties: string;
  /** Null for a run that is no chunk of a suite. */
  chunk: ChunkFiles | null;
}

const OWN = /^SELFSERVE_/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The whole environment of a step. Nothing of the agent's own is in it but PATH.
 * The job's variables may replace anything except what tells a step about its run.
 */
export function stepEnv(work: Work, places: RunPlaces, mark: string, stepPath: string): Record<string, string> {
  const custom = Object.entries(work.env).filter(([name]) => VARIABLE.test(name) && !OWN.test(name));
  const [markName = "", markValue = ""] = mark.split("=", 2);
  return {
    PATH: stepPath,
    HOME: places.home,
    TMPDIR: places.tmp,
    LANG: "C.UTF-8",
    SHELL: "/bin/sh",
    CI: "1",
    ...Object.fromEntries(custom),
    SELFSERVE_RUN_ID: String(work.runId),
    SELFSERVE_JOB_ID: String(work.jobIds[0]),
    SELFSERVE_JOB_IDS: work.jobIds.join(","),
    SELFSERVE_BUILDER: work.builder,
    SELFSERVE_REPOSITORY: work.source.repository,
    SELFSERVE_BRANCH: work.branch,
    SELFSERVE_REVISION: work.source.revision,
    SELFSERVE_POOL: work.pool,
    SELFSERVE_PROPERTIES: places.properties,
    SELFSERVE_OUTPUT: places.outputs,
    SELFSERVE_ARTIFACTS: places.artifacts,
    ...chunkEnv(work, places),
    [markName]: markValue,
  };
}

function chunkEnv({ chunk }: Work, places: RunPlaces): Record<string, string> {
  if (chunk === null || places.chunk === null) return {};
  return {
    SELFSERVE_CHUNK: String(chunk.index),
    SELFSERVE_CHUNKS: String(chunk.of),
    SELFSERVE_SPLIT: places.chunk.split,
    SELFSERVE_TIMINGS: places.chunk.timings,
  };
}
