import { SchedulerError } from "../scheduler/errors.ts";

/** Where a run's log goes on. */
export interface ExpectedChunk {
  nextNumber: number;
  nextOffset: number;
}

/** A chunk that does not fit, or a log that is not whole: the answer says where to go on. */
export class LogConflict extends SchedulerError {
  readonly expected: ExpectedChunk;

  constructor(sentence: string, expected: ExpectedChunk) {
    super("conflict", sentence);
    this.expected = expected;
  }

  /** By what it carries: the class above recognises its kind by name. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && "expected" in value && value.name === "SchedulerError";
  }
}
