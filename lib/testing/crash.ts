import type { Database, Sql } from "../db/sql.ts";
import type { RedisClient } from "../redis/open-redis.ts";
import type { SchedulerContext } from "../scheduler/context.ts";
import { PoolQueues } from "../scheduler/queue/pool-queues.ts";
import { nameOf } from "./statement-names.ts";

/**
 * A door of a process: every statement, transaction and Redis command, counted from 0; or by name: that of a prepared statement at its first
 * use, or `script N` for its Lua scripts, counted alone.
 */
export type Door = number | string;

/**
 * What becomes of a process. `dies` before or after the door `at` had its effect: after a transaction means that its commit took effect and
 * the answer never came. `freezes` once it had its effect, outside of transactions, until it is told to go on.
 */
export type Fate = { kind: "dies"; at: Door; when: "before" | "after" } | { kind: "freezes"; at: Door };

/** A promise that nothing comes of: whoever waits for it is dead. */
const never = <T>() => new Promise<T>(() => {});

/** Undoes the open transaction of a process that died in it. The process itself does not see it. */
class Died extends Error {}

/**
 * A process that may die or freeze at any await on a store, as seen by the verb that runs in it. After its death nothing of it happens any
 * more: no statement, no command, no signal, not even a `finally`. An open transaction is rolled back; what has been committed stays.
 */
export class MortalProcess {
  /** Resolves when it has died or stands still. */
  readonly stopped: Promise<void>;
  /** How many doors it has come to. */
  doors = 0;
  /** It stands still. */
  frozen = false;
  /** It is gone. */
  dead = false;
  /** It died in a transaction, which was undone. */
  undone = false;

  private fate: Fate | null;
  private readonly stop: () => void;
  private gate: PromiseWithResolvers<void> | null = null;
  private freezesSoon = false;
  private scripts = 0;

  constructor(fate: Fate | null) {
    this.fate = fate;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.stopped = promise;
    this.stop = resolve;
  }

  /** The context of a verb that runs in this process, over the stores of another context. */
  contextOver(base: SchedulerContext, redis: RedisClient): SchedulerContext {
    const signals: SchedulerContext["signals"] = {
      send: (topic) => {
        if (!this.dead) base.signals.send(topic);
      },
      next: (topics, timeoutMs, abort) => this.pass(() => base.signals.next(topics, timeoutMs, abort)),
      listen: (topic, wake) => base.signals.listen(topic, wake),
    };
    const queues = new PoolQueues(this.overCommands(redis), base.settings.redisTimeoutMs);
    const prisma = this.overReads(base.prisma);
    return { ...base, sql: this.overDatabase(base.sql), prisma, queues, signals };
  }

  /** A frozen process goes on. */
  thaw(): void {
    this.frozen = false;
    this.gate?.resolve();
    this.gate = null;
  }

  /** One await on a store. */
  private async pass<T>(effect: () => Promise<T>, name?: string): Promise<T> {
    await this.gate?.promise;
    if (this.dead) return never();
    const here = this.fateHere(name);
    if (here?.kind === "dies" && here.when === "before") return this.die();
    const reply = await effect();
    if (this.dead) return never();
    if (here?.kind === "dies") return this.die();
    if (here?.kind === "freezes" || this.freezesSoon) this.freeze();
    await this.gate?.promise;
    return reply;
  }

  /** One await inside of a transaction: death undoes it, a freeze waits for its end. */
  private async passWithin<T>(effect: () => Promise<T>, name?: string): Promise<T> {
    if (this.dead) throw new Died();
    const here = this.fateHere(name);
    if (here?.kind === "dies") {
      this.dead = true;
      this.undone = true;
      throw new Died();
    }
    if (here?.kind === "freezes") this.freezesSoon = true;
    return effect();
  }

  private fateHere(name: string | undefined): Fate | null {
    const door = this.doors++;
    if (this.fate?.at !== door && (name === undefined || this.fate?.at !== name)) return null;
    const { fate } = this;
    this.fate = null;
    return fate;
  }

  private die<T>(): Promise<T> {
    this.dead = true;
    this.stop();
    return never();
  }

  private freeze(): void {
    this.freezesSoon = false;
    this.frozen = true;
    this.gate ??= Promise.withResolvers<void>();
    this.stop();
  }

  private overDatabase(sql: Database): Database {
    const within = <T>(open: <R>(work: (inner: Sql) => Promise<R>) => Promise<R>, work: (inner: Sql) => Promise<T>) =>
      this.pass(async () => {
        try {
          return await open(async (inner) => {
            const result = await work(overSql(inner, (effect, name) => this.passWithin(effect, name)));
            if (this.dead) throw new Died();
            return result;
          });
        } catch (error) {
          if (!(error instanceof Died)) throw error;
          return this.die<T>();
        }
      });
    return {
      ...overSql(sql, (effect, name) => this.pass(effect, name)),
      transaction: (work) => within(sql.transaction, work),
      session: (work) => within(sql.session, work),
      close: () => sql.close(),
    };
  }

  private overCommands(redis: RedisClient): RedisClient {
    const commands = new Set(redis.getBuiltinCommands());
    return new Proxy(redis, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name === "multi" || name === "pipeline")
          return (...args: unknown[]) => this.overChain(Reflect.apply(value, target, args));
        if (typeof name !== "string" || !commands.has(name)) return value.bind(target);
        return (...args: unknown[]) => {
          const script = name === "evalsha" ? `script ${this.scripts++}` : undefined;
          return this.pass(async () => Reflect.apply(value, target, args), script);
        };
      },
    });
  }

  /** A chain of commands that are sent together: only sending it is a door. */
  private overChain(chain: object): object {
    const wrapped: object = new Proxy(chain, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name === "exec") return (...args: unknown[]) => this.pass(async () => Reflect.apply(value, target, args));
        return (...args: unknown[]) => {
          const reply: unknown = Reflect.apply(value, target, args);
          return reply === target ? wrapped : reply;
        };
      },
    });
    return wrapped;
  }

  /** Prisma's reads, such as `prisma.command.findUnique(…)`. */
  private overReads<T extends object>(readable: T): T {
    return new Proxy(readable, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value === "function")
          return (...args: unknown[]) => this.pass(async () => Reflect.apply(value, target, args));
        return typeof value === "object" && value !== null ? this.overReads(value) : value;
      },
    });
  }
}

type Pass = <T>(effect: () => Promise<T>, name?: string) => Promise<T>;

function overSql(sql: Sql, pass: Pass): Sql {
  return {
    rows: (statement, values) => pass(() => sql.rows(statement, values), nameOf(statement)),
    one: (statement, values) => pass(() => sql.one(statement, values), nameOf(statement)),
    maybe: (statement, values) => pass(() => sql.maybe(statement, values), nameOf(statement)),
    count: (statement, values) => pass(() => sql.count(statement, values), nameOf(statement)),
  };
}
