import { setTimeout as pass } from "node:timers/promises";
import type { Work } from "../../../lib/contracts/work.ts";
import { nowMs } from "../clock.ts";
import { CRASH } from "../load.ts";
import { type Chunk, RunLog } from "./log.ts";
import { answerOf, isPassing, type Reply } from "./wire.ts";
import type { Word } from "./witness.ts";

const RETRY_MS = 250;
const CALL_MS = 5_000;
/** A lost run may come back with the next heartbeat, so a refusal is asked again this often. */
const REFUSALS = 12;

/** What a run needs of its worker: a voice, and a way to the server. */
interface Host {
  readonly name: string;
  say(word: Word): void;
  tryPost(path: string, body: Buffer | object, timeoutMs: number, type?: string): Promise<Reply | null>;
}

/** One run as a scripted worker lives it: log, work, log, result; and now and then a word too late. */
export class ScriptedRun {
  readonly work: Work;
  /** Fires when the server orders the run to end, with the order as its reason. */
  readonly ordered = new AbortController();
  /** When the last confirmed heartbeat was sent; an exclusive run counts its lease from there. */
  confirmedAt: number | null = null;
  private readonly worker: Host;
  private readonly log = new RunLog();

  constructor(worker: Host, work: Work) {
    this.worker = worker;
    this.work = work;
  }

  /** Obeys what a heartbeat said of this run. */
  obey(order: "continue" | "cancel" | "stop", sentAt: number): void {
    if (order === "continue") this.confirmedAt = sentAt;
    else if (!this.ordered.signal.aborted) this.ordered.abort(order);
  }

  /** Ends an exclusive run whose lease may be over soon, as the agent does. */
  fence(): void {
    const { exclusive, leaseSeconds } = this.work;
    if (!exclusive || this.confirmedAt === null || this.ordered.signal.aborted) return;
    if (nowMs() - this.confirmedAt >= (leaseSeconds * 2000) / 3) this.ordered.abort("fence");
  }

  async live(slot: number): Promise<void> {
    const { worker, work } = this;
    const { runId, jobIds, exclusive } = work;
    const script = work.steps.map((step) => step.run).join("\n");
    if (exclusive) await this.untilConfirmed();
    if (!this.order) {
      worker.say({ said: "start", runId, slot, jobIds, exclusive });
      if (script.includes(CRASH)) {
        worker.say({ said: "crash", runId, jobIds });
        process.kill(process.pid, "SIGKILL");
      }
      await this.execute(script);
      worker.say({ said: "stop", runId, why: this.why });
    }
    if (this.order === "fence") return;
    if (this.order === "stop") return await this.sayTooLate("stop");
    await this.finish(this.order === "cancel" ? "cancelled" : /exit [1-9]/.test(script) ? "failure" : "success");
  }

  private get order(): string | null {
    return this.ordered.signal.aborted ? String(this.ordered.signal.reason) : null;
  }

  private get why(): "done" | "cancel" | "stop" | "fence" {
    const { order } = this;
    return order === "cancel" || order === "stop" || order === "fence" ? order : "done";
  }

  private async untilConfirmed(): Promise<void> {
    while (this.confirmedAt === null && !this.order) await this.sleep(50);
  }

  private async execute(script: string): Promise<void> {
    await this.tell(`Run ${this.work.runId} of ${this.work.builder} begins on ${this.worker.name}.\n`);
    const seconds = Number(/sleep ([\d.]+)/.exec(script)?.[1] ?? 0);
    const until = nowMs() + seconds * 1000;
    while (nowMs() < until && !this.order) {
      await this.sleep(Math.min(until - nowMs(), 1000));
      if (until - nowMs() > 500) await this.tell(`${(until - nowMs()).toFixed(0)} ms are left.\n`);
    }
    await this.tell(`Run ${this.work.runId} ends.\n`);
  }

  private sleep(ms: number): Promise<unknown> {
    return pass(ms, undefined, { signal: this.ordered.signal }).catch(() => {});
  }

  /** Sends a piece of the log until the server has it, or wants nothing more of this run. */
  private async tell(text: string): Promise<void> {
    const chunk = this.log.chunk(text);
    for (let refusals = 0; refusals < REFUSALS && this.order !== "stop" && this.order !== "fence"; ) {
      const reply = await this.sendChunk(chunk);
      if (reply?.status === 200 || Number(reply?.body.nextNumber) > chunk.number) {
        this.log.accepted(chunk);
        const { number, offset, bytes, sha256 } = chunk;
        this.worker.say({ said: "chunk", runId: this.work.runId, number, offset, bytes: bytes.length, sha256 });
        return;
      }
      if (!isPassing(reply)) refusals += 1;
      await pass(RETRY_MS);
    }
    this.ordered.abort("fence"); // nobody knows what this run is; it says nothing more
  }

  private sendChunk({ number, offset, sha256, bytes }: Chunk): Promise<Reply | null> {
    const path = `/runs/${this.work.runId}/log?number=${number}&offset=${offset}&sha256=${sha256}`;
    return this.worker.tryPost(path, bytes, CALL_MS, "text/plain; charset=utf-8");
  }

  private async finish(result: string): Promise<void> {
    const { worker } = this;
    const { runId } = this.work;
    const log = this.log.summary();
    const body = { result, outputs: { worker: worker.name }, log };
    const sentAt = nowMs();
    for (let tries = 1; ; tries++) {
      const reply = await worker.tryPost(`/runs/${runId}/finish`, body, CALL_MS);
      if (isPassing(reply)) {
        await pass(RETRY_MS);
        continue;
      }
      worker.say({
        said: "finish",
        runId,
        sentAt,
        tries,
        result: String(reply?.body.result ?? result),
        answer: answerOf(reply),
        sha256: log.sha256,
        bytes: log.bytes,
      });
      if (reply?.status === 200 && Math.random() < 0.15) {
        worker.say({
          said: "repeat",
          runId,
          answer: answerOf(await worker.tryPost(`/runs/${runId}/finish`, body, CALL_MS)),
        });
      }
      if (reply?.status !== 200 || Math.random() < 0.15)
        await this.sayTooLate(reply?.status === 200 ? "end" : "refusal");
      return;
    }
  }

  /** Everything that a worker can write of a run which is no longer its own. Each of them must be refused. */
  private async sayTooLate(after: string): Promise<void> {
    const { worker } = this;
    const { runId } = this.work;
    const chunk = this.log.chunk("Nobody should read this.\n");
    const log = this.log.summary();
    const late = async (route: "finish" | "log" | "step", send: () => Promise<Reply | null>) => {
      const sentAt = nowMs();
      worker.say({ said: "late", runId, sentAt, route, after, answer: answerOf(await send()) });
    };
    await late("log", () => this.sendChunk(chunk));
    await late("step", () => worker.tryPost(`/runs/${runId}/steps`, { index: 0, name: "late" }, CALL_MS));
    const body = { result: "warnings", reason: "Too late.", outputs: {}, log };
    await late("finish", () => worker.tryPost(`/runs/${runId}/finish`, body, CALL_MS));
  }
}
