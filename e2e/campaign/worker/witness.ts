import type { HeartbeatReply } from "../../../lib/contracts/work.ts";

/** How the server answered a write: its status, and the machine-readable reason of a refusal. 0: no answer came. */
export interface Answer {
  status: number;
  code?: string | undefined;
  state?: string | undefined;
}

/** Words of a worker about itself, with the monotonic time at which it said them (ms). */
export type WitnessLine = { at: number; worker: string; boot: string } & (
  | { said: "boot"; pid: number; leaseSeconds: number }
  /** The answer to a claim; `sentAt` is when it was first asked with this claim id. */
  | {
      said: "claim";
      claimId: string;
      slot: number;
      sentAt: number;
      tries: number;
      runId: number | null;
      jobIds: number[];
      pool: string | null;
    }
  | { said: "start"; runId: number; slot: number; jobIds: number[]; exclusive: boolean }
  /** It no longer executes: done, cancelled, told to stop, or dead by its own fence. */
  | { said: "stop"; runId: number; why: "done" | "cancel" | "stop" | "fence" }
  /** A heartbeat that was answered; `sentAt` is when it left. */
  | { said: "beat"; sentAt: number; runs: HeartbeatReply["runs"] }
  /** A chunk that was accepted. */
  | { said: "chunk"; runId: number; number: number; offset: number; bytes: number; sha256: string }
  /** The end of a run as the worker told it, with the whole log's digest. */
  | {
      said: "finish";
      runId: number;
      sentAt: number;
      tries: number;
      result: string;
      answer: Answer;
      sha256: string;
      bytes: number;
    }
  /** A write for a run that the server has already taken away or ended, sent on purpose. */
  | {
      said: "late";
      runId: number;
      sentAt: number;
      route: "finish" | "log" | "step" | "heartbeat";
      after: string;
      answer: Answer;
    }
  /** The very same finish once more. */
  | { said: "repeat"; runId: number; answer: Answer }
  | { said: "crash"; runId: number; jobIds: number[] }
);

/** A word without what the witness adds itself. */
export type Word<Line = WitnessLine> = Line extends WitnessLine ? Omit<Line, "at" | "worker" | "boot"> : never;
