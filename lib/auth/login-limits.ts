import type { Cluster, Redis } from "ioredis";
import { type RateLimiterAbstract, RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";

/** How many failed logins are allowed. Keep `perUser` below the directory's own lockout, so that guessing here locks nobody out there. */
export interface LoginLimitOptions {
  /** For one name from one address. */
  perUser: number;
  /** For all names from one address. */
  perAddress: number;
  windowSeconds: number;
  /** Tells different deployments on one Redis apart. */
  prefix?: string;
}

/** The limits where nothing else is said. */
export const LOGIN_LIMITS: LoginLimitOptions = { perUser: 8, perAddress: 100, windowSeconds: 300 };

/** Counts failed logins in Redis, for all processes together; while Redis is away, in this process alone. */
export class LoginLimits {
  private readonly byUser: RateLimiterAbstract;
  private readonly byAddress: RateLimiterAbstract;

  constructor(redis: Redis | Cluster, options: LoginLimitOptions = LOGIN_LIMITS) {
    const limiter = (name: string, points: number) => {
      const settings = { points, duration: options.windowSeconds, keyPrefix: `${options.prefix ?? "login"}:${name}` };
      return new RateLimiterRedis({
        ...settings,
        storeClient: redis,
        rejectIfRedisNotReady: true,
        insuranceLimiter: new RateLimiterMemory(settings),
      });
    };
    this.byUser = limiter("user", options.perUser);
    this.byAddress = limiter("address", options.perAddress);
  }

  /** Counts an attempt before it is made. Returns null, or after how many seconds another one may be made. */
  async take(login: string, ip: string): Promise<number | null> {
    const address = await consume(this.byAddress, ip);
    if (address !== null) return address;
    return consume(this.byUser, keyOf(login, ip));
  }

  /** Takes the count of an attempt back: it succeeded, or nobody could say whether it would. */
  async giveBack(login: string, ip: string, succeeded: boolean): Promise<void> {
    await this.byAddress.reward(ip);
    if (succeeded) await this.byUser.delete(keyOf(login, ip));
    else await this.byUser.reward(keyOf(login, ip));
  }
}

async function consume(limiter: RateLimiterAbstract, key: string): Promise<number | null> {
  try {
    await limiter.consume(key);
    return null;
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    return Math.max(1, Math.ceil(refusal.msBeforeNext / 1_000));
  }
}

function keyOf(login: string, ip: string): string {
  return `${login.toLowerCase()}@${ip}`;
}
