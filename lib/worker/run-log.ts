import { LineBlocks } from "./line-blocks.ts";
import { LogSender, type LogSummary } from "./log-sender.ts";
import type { RunAs } from "./options.ts";
import type { Surroundings } from "./retry.ts";
import { RunOutput } from "./run-output.ts";
import type { RunReport } from "./run-report.ts";

/** A run's log: what its processes write, and the agent's own lines between. */
export class RunLog {
  private readonly blocks = new LineBlocks();
  private readonly sender: LogSender;
  private output: RunOutput | null = null;

  constructor(report: RunReport, surroundings: Surroundings, maxPendingBytes?: number) {
    this.sender = new LogSender({
      send: (chunk, onFailure) => report.sendChunk(chunk, onFailure),
      sleep: surroundings.sleep,
      pause: (wait) => (wait ? this.output?.pause() : this.output?.resume()),
      ...(maxPendingBytes === undefined ? {} : { maxPendingBytes }),
    });
  }

  /** Opens the pipe that the run's processes write to; returns its descriptor. */
  async openOutput(file: string, owner: RunAs | null): Promise<number> {
    this.output = await RunOutput.open(file, owner, (data) => this.sender.write(this.blocks.push(data)));
    return this.output.writeFd;
  }

  /** The number that the next line will have. */
  get nextLine(): number {
    return this.sender.lines + 1;
  }

  /** Waits for everything that was printed before, so that what the agent says next stands after it. */
  async settle(): Promise<void> {
    await this.output?.drain();
    this.sender.write(this.blocks.end());
  }

  /** A line of the agent's own. */
  say(text: string): void {
    this.sender.write(Buffer.from(`[selfserve] ${text.toWellFormed().replaceAll(/[\r\n]+/g, " / ")}\n`));
  }

  /** Sends the rest; resolves when the server has all of it. */
  async finish(): Promise<LogSummary> {
    await this.settle();
    this.close();
    return await this.sender.finish();
  }

  /** No more output is taken. */
  close(): void {
    this.output?.close();
    this.output = null;
  }
}
