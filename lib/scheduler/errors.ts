import type { ProblemCode } from "../contracts/problem.ts";

interface SchedulerErrorOptions extends ErrorOptions {
  /** The state that was found, when a conflict is about one. */
  state?: string;
}

/** An expected outcome that is not success. The message is a whole sentence, meant for the person who asked. */
export class SchedulerError extends Error {
  readonly code: ProblemCode;
  readonly state: string | undefined;

  constructor(code: ProblemCode, message: string, options: SchedulerErrorOptions = {}) {
    super(message, options);
    this.name = "SchedulerError";
    this.code = code;
    this.state = options.state;
  }

  /** By name: the pages' bundle and the plain handlers beside it each have a copy of this class. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof Error && value.name === "SchedulerError";
  }
}
