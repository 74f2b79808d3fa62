import { checkRedis } from "../redis/check-redis.ts";
import { server } from "../server.ts";

/** How one dependency is: `ms` is how long it took to say so. */
export interface DependencyHealth {
  ok: boolean;
  ms: number;
}

/** How the server is. `down`: it cannot do its work; `degraded`: it can, but something will not work, such as signing in. */
export interface Health {
  status: "up" | "degraded" | "down";
  postgres: DependencyHealth;
  redis: DependencyHealth;
  ldap: DependencyHealth;
  config: DependencyHealth;
}

const KEEP_MS = 2_000;
const LIMIT_MS = 4_000;
let last: { at: number; health: Promise<Health> } | undefined;

/** Asks every dependency, at most every two seconds however often this is called. Tells no addresses and no reasons: the log has them. */
export function readHealth(now: number = performance.now()): Promise<Health> {
  if (!last || now - last.at > KEEP_MS) last = { at: now, health: ask() };
  return last.health;
}

async function ask(): Promise<Health> {
  const { sql, redis, directory, config } = server();
  const [postgres, queue, ldap, configuration] = await Promise.all([
    time(() => sql.rows("SELECT 1")),
    time(() => checkRedis(redis)),
    time(() => directory.check()),
    time(() => config.check()),
  ]);
  const rest = [queue, ldap, configuration];
  const status = !postgres.ok ? "down" : rest.every(({ ok }) => ok) ? "up" : "degraded";
  return { status, postgres, redis: queue, ldap, config: configuration };
}

async function time(work: () => Promise<unknown>): Promise<DependencyHealth> {
  const startedAt = performance.now();
  const ms = () => Math.round((performance.now() - startedAt) * 10) / 10;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("It does not answer in time.")), LIMIT_MS);
  });
  try {
    await Promise.race([work(), late]);
    return { ok: true, ms: ms() };
  } catch {
    return { ok: false, ms: ms() };
  } finally {
    clearTimeout(timer);
  }
}
