import { agents } from "./agents.ts";
import { auditChain } from "./audit-chain.ts";
import { clocks } from "./clocks.ts";
import { doubleCount } from "./double-count.ts";
import { eventSequence } from "./event-sequence.ts";
import { fence } from "./fence.ts";
import type { Checker } from "./finding.ts";
import { indexConvergence } from "./index-convergence.ts";
import { linearizability } from "./linearizability.ts";
import { liveRuns } from "./live-runs.ts";
import { logBytes } from "./log-bytes.ts";
import { lostAck } from "./lost-ack.ts";
import { malformed } from "./malformed.ts";
import { merging } from "./merging.ts";
import { overlap } from "./overlap.ts";
import { priorityOrder } from "./priority-order.ts";
import { readYourWrites } from "./read-your-writes.ts";
import { requeues } from "./requeues.ts";
import { storesAway } from "./stores-away.ts";
import { terminal } from "./terminal.ts";
import { times } from "./times.ts";

/** Every checker of the campaign. */
export const CHECKERS: readonly Checker[] = [
  lostAck,
  doubleCount,
  fence,
  overlap,
  liveRuns,
  terminal,
  linearizability,
  requeues,
  times,
  priorityOrder,
  merging,
  eventSequence,
  logBytes,
  auditChain,
  indexConvergence,
  storesAway,
  readYourWrites,
  clocks,
  malformed,
  agents,
];
