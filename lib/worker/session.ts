import type { RegisterInput, RegisterReply } from "../contracts/work.ts";
import type { AgentOptions } from "./options.ts";
import { backoffMs, Stopped, type Surroundings } from "./retry.ts";
import { AnswerError, type Wire, type WireRequest } from "./wire.ts";

const AGENT_VERSION = "1";
const REGISTER_TIMEOUT_MS = 15_000;
const FALLBACK_LIFE_MS = 30 * 60_000;

/** A request that carries the session instead of a token of its own. */
export type SessionRequest = Omit<WireRequest, "bearer">;

/** The agent's right to talk to the server: registers when needed, renews at half of its life, and again when told 401. */
export class Session {
  private readonly wire: Wire;
  private readonly options: AgentOptions;
  private readonly surroundings: Surroundings;
  /** New at every start of the agent. */
  readonly bootId: string;
  private current: { token: string; renewAt: number } | null = null;
  private registering: Promise<string> | null = null;
  private readonly closing: AbortSignal;
  private readonly onDisabled: () => void;

  /** `onDisabled` is called whenever the server refuses the registration because the worker is disabled. */
  constructor(
    wire: Wire,
    options: AgentOptions,
    bootId: string,
    surroundings: Surroundings,
    closing: AbortSignal,
    onDisabled: () => void = () => undefined,
  ) {
    this.closing = closing;
    this.onDisabled = onDisabled;
    this.wire = wire;
    this.options = options;
    this.bootId = bootId;
    this.surroundings = surroundings;
  }

  /** Sends a JSON body and returns the parsed answer; registers anew once when the session is refused. */
  async post(path: string, body: unknown, timeoutMs: number, signal?: AbortSignal): Promise<unknown> {
    return await this.send({
      method: "POST",
      path,
      body: Buffer.from(JSON.stringify(body)),
      headers: { "content-type": "application/json" },
      timeoutMs,
      signal,
    });
  }

  /** As `post`, with any body that can be sent twice. */
  async send(request: SessionRequest): Promise<unknown> {
    return await this.withSession(request.signal, async (bearer) => {
      return (await this.wire.json({ ...request, bearer })).body;
    });
  }

  /** Calls with a valid session; when that one is refused, once more with a new one. */
  async withSession<T>(signal: AbortSignal | undefined, call: (bearer: string) => Promise<T>): Promise<T> {
    const bearer = await this.token(signal);
    try {
      return await call(bearer);
    } catch (error) {
      if (!(error instanceof AnswerError) || error.status !== 401) throw error;
      if (this.current?.token === bearer) this.current = null;
      return await call(await this.token(signal));
    }
  }

  private async token(signal: AbortSignal | undefined): Promise<string> {
    const current = this.current;
    if (current !== null && this.surroundings.now() < current.renewAt) return current.token;
    this.registering ??= this.register().finally(() => {
      this.registering = null;
    });
    if (signal === undefined) return await this.registering;
    return await Promise.race([this.registering, rejectWhen(signal)]);
  }

  /**
   * Keeps asking, whatever the server answers: an operator may add the pool, correct the token or release the worker meanwhile. Each reason
   * is told once.
   */
  private async register(): Promise<string> {
    let told = "";
    for (let failures = 0; !this.closing.aborted; failures++) {
      try {
        return await this.registerOnce();
      } catch (error) {
        if (error instanceof AnswerError && error.body.state === "disabled") this.onDisabled();
        const reason = String(error);
        if (reason !== told) this.surroundings.log(`Registering with ${this.options.server.origin} failed`, error);
        told = reason;
        await this.surroundings.sleep(backoffMs(failures, this.surroundings.random()), this.closing);
      }
    }
    throw new Stopped("registering");
  }

  private async registerOnce(): Promise<string> {
    const { options } = this;
    const input: RegisterInput = {
      worker: options.name,
      bootId: this.bootId,
      slots: options.slots,
      pools: options.pools.map((pool) => pool.name),
      poolTokens: Object.fromEntries(options.pools.map((pool) => [pool.name, pool.token])),
      platform: `${process.platform}-${process.arch}`,
      version: AGENT_VERSION,
      speed: options.speed,
    };
    const { body, date } = await this.wire.json({
      method: "POST",
      path: "/worker/v1/register",
      bearer: options.pools[0]?.token ?? "",
      headers: { "content-type": "application/json" },
      body: Buffer.from(JSON.stringify(input)),
      timeoutMs: REGISTER_TIMEOUT_MS,
    });
    const reply = body as RegisterReply;
    this.current = { token: reply.session, renewAt: this.surroundings.now() + lifeMs(reply, date) / 2 };
    this.surroundings.log(`Registered as ${options.name} for ${input.pools.join(", ")}`);
    return reply.session;
  }
}

/** The session's life by the server's own two clock readings, because this machine's clock may be wrong. */
function lifeMs(reply: RegisterReply, date: string | undefined): number {
  const life = Date.parse(reply.expiresAt) - Date.parse(date ?? "");
  return Number.isFinite(life) && life > 0 ? life : FALLBACK_LIFE_MS;
}

function rejectWhen(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(new Stopped("registering"));
    signal.addEventListener("abort", () => reject(new Stopped("registering")), { once: true });
  });
}
