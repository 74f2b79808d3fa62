import type { FinishInput, StepInput } from "../contracts/work.ts";
import type { LogChunk } from "./log-sender.ts";
import { Stopped, type Surroundings, untilAnswered } from "./retry.ts";
import type { RunControl } from "./run-control.ts";
import type { Session } from "./session.ts";
import { AnswerError } from "./wire.ts";

const CALL_TIMEOUT_MS = 30_000;
/** While a run is going the server is asked again soon, so that its page is live again soon. */
const RETRY_CAP_MS = 5_000;

/** What one run tells the server; every call is repeated unchanged until it is answered. */
export class RunReport {
  private readonly session: Session;
  private readonly surroundings: Surroundings;
  private readonly control: RunControl;
  private readonly path: string;
  private readonly doubt: () => void;
  private steps: Promise<void> = Promise.resolve();

  /** `doubt` is called when the server no longer takes the run's writes, so that a heartbeat asks what to do. */
  constructor(runId: number, session: Session, surroundings: Surroundings, control: RunControl, doubt: () => void) {
    this.session = session;
    this.surroundings = surroundings;
    this.control = control;
    this.path = `/worker/v1/runs/${runId}`;
    this.doubt = doubt;
  }

  /** Resolves when the server has the chunk. */
  async sendChunk(chunk: LogChunk, onFailure: () => void): Promise<void> {
    const query = `number=${chunk.number}&offset=${chunk.offset}&sha256=${chunk.sha256}`;
    await this.untilTaken("Sending the log", { onFailure }, async () => {
      try {
        await this.session.send({
          method: "POST",
          path: `${this.path}/log?${query}`,
          body: chunk.bytes,
          headers: { "content-type": "text/plain; charset=utf-8" },
          timeoutMs: CALL_TIMEOUT_MS,
          signal: this.control.leave,
        });
      } catch (error) {
        // An earlier try was accepted and its answer lost.
        if (error instanceof AnswerError && Number(error.body.nextNumber) > chunk.number) return;
        throw error;
      }
    });
  }

  /** Tells of a step, after those told of before; does not wait. */
  reportStep(step: StepInput): void {
    this.steps = this.steps.then(() =>
      this.untilTaken("Reporting a step", {}, async () => {
        await this.session.post(`${this.path}/steps`, step, CALL_TIMEOUT_MS, this.control.leave);
      }).catch((error: unknown) => {
        if (!(error instanceof Stopped)) this.surroundings.log(`A step report was refused (${this.path})`, error);
      }),
    );
  }

  /** Resolves when every step is told. */
  async stepsTold(): Promise<void> {
    await this.steps;
  }

  /** Sends the result until it is answered. False: the server refused it, because the run is not ours any more. */
  async finish(input: FinishInput): Promise<boolean> {
    const { leave } = this.control;
    try {
      await untilAnswered(
        this.surroundings,
        "Reporting a result",
        () => this.session.post(`${this.path}/finish`, input, CALL_TIMEOUT_MS, leave),
        { signal: leave, capMs: RETRY_CAP_MS },
      );
      return true;
    } catch (error) {
      if (!(error instanceof Stopped)) this.surroundings.log(`The result was refused (${this.path})`, error);
      return false;
    }
  }

  /** As `untilAnswered`, until nothing more may be sent or `signal` fires; a 409 may pass, because a heartbeat may get a lost run back. */
  async untilTaken(
    what: string,
    options: { onFailure?: () => void; signal?: AbortSignal },
    call: () => Promise<void>,
  ): Promise<void> {
    const { sleep, random } = this.surroundings;
    const { leave } = this.control;
    const signal = options.signal === undefined ? leave : AbortSignal.any([leave, options.signal]);
    for (let refusals = 0; ; refusals++) {
      try {
        await untilAnswered(this.surroundings, what, call, { ...options, signal, capMs: RETRY_CAP_MS });
        return;
      } catch (error) {
        if (!(error instanceof AnswerError) || error.status !== 409 || refusals >= 20) throw error;
        this.doubt();
        await sleep(200 + 300 * random(), signal);
      }
    }
  }
}
