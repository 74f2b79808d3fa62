import { createHash, randomUUID } from "node:crypto";
import type { ClaimReply, RegisterReply } from "../../lib/contracts/work.ts";
import { type JsonClient, RefusedError } from "./json-client.ts";

/** Two batches, as a job that prints a little sends them. */
const BATCHES = [
  Buffer.from("Checking out the revision.\n".repeat(20)),
  Buffer.from("A test has passed.\n".repeat(40)),
];
const LOG = {
  chunks: BATCHES.length,
  bytes: BATCHES.reduce((sum, batch) => sum + batch.length, 0),
  lines: 60,
  sha256: sha256(Buffer.concat(BATCHES)),
};
const WAIT_SECONDS = 20;
const AGAIN_MS = 1_000;

/** A worker that does nothing but speak the worker wire: it claims, sends two batches of a log, and ends the run with success. */
export class ScriptedWorker {
  /** Called with the job that a claim has answered with. */
  onWork: (jobId: number) => void = () => {};
  private readonly client: JsonClient;
  private readonly pool: string;
  private readonly session: string;
  private stopped = false;
  private working: Promise<void> | undefined;

  private constructor(client: JsonClient, pool: string, session: string) {
    this.client = client;
    this.pool = pool;
    this.session = session;
  }

  static async register(client: JsonClient, given: { name: string; pool: string; token: string }) {
    const reply = (await client.post("/worker/v1/register", given.token, {
      worker: given.name,
      bootId: randomUUID(),
      slots: 1,
      pools: [given.pool],
      platform: "bench",
      version: "1",
    })) as RegisterReply;
    return new ScriptedWorker(client, given.pool, reply.session);
  }

  /** Begins to claim, until it is stopped. */
  start(): void {
    this.working = this.work().catch((error: unknown) => {
      if (!this.stopped) throw error;
    });
  }

  /** Ends after the claim that is in flight; close the client to cut that short. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.working;
  }

  private async work(): Promise<void> {
    while (!this.stopped) {
      const claim = { claimId: randomUUID(), slot: 0, pools: [this.pool], waitSeconds: WAIT_SECONDS };
      const { work } = (await this.patiently("/worker/v1/claim", claim)) as ClaimReply;
      if (!work) continue;
      for (const jobId of work.jobIds) this.onWork(jobId);
      await this.execute(`/worker/v1/runs/${work.runId}`);
    }
  }

  private async execute(run: string): Promise<void> {
    let offset = 0;
    for (const [number, batch] of BATCHES.entries()) {
      const query = `number=${number}&offset=${offset}&sha256=${sha256(batch)}`;
      await this.patiently(`${run}/log?${query}`, batch);
      offset += batch.length;
    }
    await this.patiently(`${run}/finish`, { result: "success", log: LOG });
  }

  /** As an agent does it: what is not available now is asked for again, unchanged. */
  private async patiently(path: string, body: unknown): Promise<unknown> {
    for (;;) {
      try {
        return await this.client.post(path, this.session, body);
      } catch (error) {
        if (!(error instanceof RefusedError) || error.status !== 503 || this.stopped) throw error;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }
}

function sha256(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
