import { randomUUID } from "node:crypto";
import { type Farm, POOL } from "../../e2e/faults/farm.ts";
import { mintToken } from "../../lib/auth/tokens.ts";
import type { ReceivePushReply } from "../../lib/contracts/push.ts";
import type { LogPart } from "../../lib/contracts/run.ts";
import type { Database } from "../../lib/db/sql.ts";
import { EventClient } from "./event-client.ts";

const PATIENCE_MS = 30_000;

/** When something happened, in milliseconds after the hook began to speak. */
export interface Times {
  /** The hook has its answer. */
  answered: number;
  /** The push was recorded, its job made, claimed, checked out; by the moments that its events carry. */
  received: number;
  created: number;
  claimed: number;
  prepared: number;
  /** The page has the job's own line. */
  line: number;
}

/** One product, seen by a hook and by a page. */
export class HookAndPage {
  private readonly farm: Farm;
  private readonly sql: Database;
  private readonly hook: string;
  private reader = "";
  private page: EventClient | undefined;

  private constructor(farm: Farm, sql: Database, hook: string) {
    this.farm = farm;
    this.sql = sql;
    this.hook = hook;
  }

  /** The first push makes its pusher known, whose page then listens. */
  static async open(farm: Farm, sql: Database): Promise<HookAndPage> {
    const hook = await mintToken(sql, {
      kind: "hook",
      userId: null,
      name: "hook",
      scopes: ["pushes:write"],
      expiresInDays: 1,
    });
    const bench = new HookAndPage(farm, sql, hook.secret);
    await until("the worker to register", () => sql.maybe("SELECT 1 FROM workers"));
    await bench.tell(bench.commit(randomUUID()));
    const { id } = await sql.one<{ id: number }>("SELECT id FROM users WHERE login = 'dev'");
    const reader = await mintToken(sql, { kind: "user", userId: id, name: "page", scopes: ["read"], expiresInDays: 1 });
    bench.reader = reader.secret;
    bench.page = await EventClient.open(farm.product.url, reader.secret);
    return bench;
  }

  /** Pushes a commit whose job prints something nobody can guess, and waits until a page has that line and the job has ended. */
  async push(): Promise<Times> {
    await until("the worker to be free", () =>
      this.sql.maybe("SELECT 1 WHERE NOT EXISTS (SELECT FROM jobs WHERE state <> 'done')"),
    );
    const token = randomUUID();
    const move = this.commit(token);
    const seen = this.whenSeen(token);
    const began = Date.now();
    const pushId = await this.tell(move);
    const answered = Date.now();
    const line = await seen;
    const moments = await this.sql.one<{ received: Date; created: Date; claimed: Date; prepared: Date }>(MOMENTS, [
      pushId,
    ]);
    const after = (moment: Date | number) => Number(moment) - began;
    const { received, created, claimed, prepared } = moments;
    return {
      answered: after(answered),
      received: after(received),
      created: after(created),
      claimed: after(claimed),
      prepared: after(prepared),
      line: after(line),
    };
  }

  close(): void {
    this.page?.close();
  }

  private commit(token: string) {
    const steps = [{ name: "say", run: `echo ${token}` }];
    const config = { version: 1, builders: [{ name: "build", platform: "linux", kind: "build", pool: POOL, steps }] };
    return this.farm.repository.push({ ".selfserve.yml": JSON.stringify(config), "token.txt": token });
  }

  /** Says what a hook says; answers the push's id. */
  private async tell({ ref, before, after }: { ref: string; before: string; after: string }): Promise<number> {
    const body = JSON.stringify({ repository: "faults", ref, before, after, pusher: "dev" });
    const headers = { authorization: `Bearer ${this.hook}`, "content-type": "application/json" };
    const response = await fetch(`${this.farm.product.url}/api/v1/pushes`, { method: "POST", headers, body });
    if (!response.ok) throw new Error(`The hook was answered ${response.status}: ${await response.text()}`);
    const [pushId = 0] = ((await response.json()) as ReceivePushReply).pushIds;
    return pushId;
  }

  /** When the page has the line: at each hint it fetches what is new in that log, one fetch at a time, as a page does. */
  private whenSeen(token: string): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const limit = setTimeout(() => reject(new Error("The line was not seen within 30 s.")), PATIENCE_MS);
    let fetching = Promise.resolve();
    const known = new Map<number, number>();
    const stop = this.page?.onOutput(({ runId }) => {
      fetching = fetching
        .then(async () => {
          const part = await this.readLog(runId, known.get(runId) ?? 1);
          known.set(runId, part.nextLine);
          if (part.lines.includes(token)) resolve(Date.now());
        })
        .catch(reject);
    });
    return promise.finally(() => {
      clearTimeout(limit);
      stop?.();
    });
  }

  private async readLog(runId: number, fromLine: number): Promise<LogPart> {
    const url = `${this.farm.product.url}/api/v1/runs/${runId}/log?fromLine=${fromLine}`;
    return (await (await fetch(url, { headers: { authorization: `Bearer ${this.reader}` } })).json()) as LogPart;
  }
}

const MOMENTS = `
  SELECT min(created_at) FILTER (WHERE type = 'push.received') AS received,
         min(created_at) FILTER (WHERE type = 'job.created') AS created,
         min(created_at) FILTER (WHERE type = 'run.started') AS claimed,
         min(created_at) FILTER (WHERE type = 'run.step' AND body->>'index' = '0' AND body->>'result' IS NOT NULL) AS prepared
  FROM events WHERE push_id = $1`;

async function until(what: string, look: () => Promise<unknown>): Promise<void> {
  for (const giveUpAt = performance.now() + PATIENCE_MS; performance.now() < giveUpAt; ) {
    if (await look()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`It took longer than ${PATIENCE_MS / 1_000} s for ${what}.`);
}
