import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { IncomingHttpHeaders } from "node:http";
import { ArtifactStore } from "./artifacts/artifact-store.ts";
import { ContentSigner } from "./artifacts/sign.ts";
import { Directory } from "./auth/directory.ts";
import { LoginLimits } from "./auth/login-limits.ts";
import { rolesOf } from "./auth/roles.ts";
import { UserRefresher, userOfLogin } from "./auth/users.ts";
import { type Credentials, type WhoAsksTools, whoAsks } from "./auth/who-asks.ts";
import { CurrentConfig } from "./config/current-config.ts";
import { type Env, env, processVariables } from "./config/env.ts";
import { openPrisma, type PrismaClient } from "./db/prisma.ts";
import { type Database, openDatabase } from "./db/sql.ts";
import { type Events, openEvents } from "./events/open-events.ts";
import { logError } from "./http/problem.ts";
import { LogStore } from "./logs/log-store.ts";
import { openPushPorts } from "./pushes/push-ports.ts";
import { openRedis, type RedisClient } from "./redis/open-redis.ts";
import { openSignals, type RedisSignals } from "./redis/signals.ts";
import { type Actor, JOB_LIMITS, type SchedulerContext } from "./scheduler/context.ts";
import { SchedulerError } from "./scheduler/errors.ts";
import { PoolQueues } from "./scheduler/queue/pool-queues.ts";
import type { PushPorts } from "./scheduler/source-control.ts";
import { WaitingRoom } from "./scheduler/waiting-room.ts";

/** What one process opens once: doors to the stores, and who people are. */
export interface Server {
  env: Env;
  sql: Database;
  prisma: PrismaClient;
  /** For what somebody waits for: it fails at once while Redis is away. */
  redis: RedisClient;
  queues: PoolQueues;
  signals: RedisSignals;
  /** Where claims wait for work. */
  room: WaitingRoom;
  /** What happens, and that logs grew. */
  events: Events;
  logs: LogStore;
  artifacts: ArtifactStore;
  /** Makes the addresses under which logs and artifacts are shown, on a host of their own. */
  content: ContentSigner;
  /** Version control, and who a hook means. */
  pushes: PushPorts;
  directory: Directory;
  limits: LoginLimits;
  whoAsks: WhoAsksTools;
  /** `selfserve.yml` as it is now. */
  config: CurrentConfig;
}

const REDIS_TIMEOUT_MS = 150;
const KEY = Symbol.for("self-serve.server");

/**
 * The server's doors, opened at the first call. They are on `globalThis`, because the pages' bundle and the plain handlers beside it
 * each have a copy of this module.
 */
export function server(): Server {
  const shared: typeof globalThis & { [KEY]?: Server } = globalThis;
  shared[KEY] ??= openServer(env());
  return shared[KEY];
}

/** Closes the doors, for an orderly end. */
export async function closeServer(): Promise<void> {
  const shared: typeof globalThis & { [KEY]?: Server } = globalThis;
  const open = shared[KEY];
  if (!open) return;
  delete shared[KEY];
  open.events.feed.close();
  await open.logs.close();
  open.signals.close();
  open.redis.disconnect();
  await open.config.close();
  await Promise.all([open.sql.close(), open.prisma.$disconnect()]);
}

/** A context for a process of the product itself, such as the timer. */
export function systemContext(name: string): SchedulerContext {
  return contextOf({ kind: "system", name, via: "system", ip: null });
}

/** A context for anybody who has been recognised. */
export function contextOf(actor: Actor, requestId: string = randomUUID()): SchedulerContext {
  const { sql, prisma, queues, signals, room, env } = server();
  return {
    actor,
    settings: { leaseSeconds: env.LEASE_SECONDS, redisTimeoutMs: REDIS_TIMEOUT_MS, ...JOB_LIMITS },
    sql,
    prisma,
    queues,
    signals,
    room,
    report: (error) => logError(error, requestId),
    requestId,
  };
}

/** Who asks with a page: sends people who are not signed in to the login page. For server components. */
export async function contextFromSession(): Promise<SchedulerContext> {
  try {
    return await contextFromCookies();
  } catch (error) {
    if (!(error instanceof SchedulerError) || error.code !== "unauthenticated") throw error;
    const [{ redirect }, { headers }] = await Promise.all([import("next/navigation.js"), import("next/headers.js")]);
    const page = (await headers()).get("x-page") ?? "/";
    return redirect(page === "/" ? "/login" : `/login?callbackUrl=${encodeURIComponent(page)}`);
  }
}

/** Who asks with a page or an action; throws `unauthenticated` when nobody is signed in. */
export async function contextFromCookies(): Promise<SchedulerContext> {
  const { headers } = await import("next/headers.js");
  const given = await headers();
  const credentials = { authorization: null, cookie: given.get("cookie"), ip: given.get("x-forwarded-for") };
  return contextOf(await whoAsks(server().whoAsks, credentials));
}

/** Who asks with a REST request: a bearer token; for GET and HEAD, and for a page's question that changes nothing, also the session cookie. */
export function contextFromRequest(
  request: Request,
  requestId?: string,
  { readsOnly = false } = {},
): Promise<SchedulerContext> {
  // a browser says itself whether one of our own pages asks
  const asked = readsOnly && request.headers.get("sec-fetch-site") === "same-origin";
  const reads = request.method === "GET" || request.method === "HEAD" || asked;
  const credentials = {
    authorization: request.headers.get("authorization"),
    cookie: reads ? request.headers.get("cookie") : null,
    ip: request.headers.get("x-forwarded-for"),
  };
  return contextFrom(credentials, requestId);
}

/** The same for plain handlers, which answer reads only. `ip` is the address that `cleanRequest` told. */
export function contextFromHeaders(headers: IncomingHttpHeaders, ip: string | null): Promise<SchedulerContext> {
  return contextFrom({ authorization: headers.authorization ?? null, cookie: headers.cookie ?? null, ip });
}

async function contextFrom(credentials: Credentials, requestId?: string): Promise<SchedulerContext> {
  return contextOf(await whoAsks(server().whoAsks, credentials), requestId);
}

function openServer(env: Env): Server {
  const report = (error: unknown) => logError(error, "-");
  const sql = openDatabase({ url: env.DATABASE_URL, applicationName: "self-serve web", onConnectionError: report });
  const redis = openRedis(env.REDIS_URL, "request", report);
  const queues = new PoolQueues(redis, REDIS_TIMEOUT_MS);
  const signals = openSignals(env.REDIS_URL, report);
  const directory = new Directory({
    urls: env.LDAP_URL,
    ca: env.LDAP_CA_FILE === undefined ? undefined : readFileSync(env.LDAP_CA_FILE, "utf8"),
    startTls: env.LDAP_START_TLS,
    bindDn: env.LDAP_BIND_DN,
    bindPassword: env.LDAP_BIND_PASSWORD,
    userBase: env.LDAP_USER_BASE,
    groupBase: env.LDAP_GROUP_BASE,
  });
  const config = new CurrentConfig(env.CONFIG_FILE, processVariables(), report);
  const rolesNow = async (groups: readonly string[]) => rolesOf(groups, await config.roles());
  const refresher = new UserRefresher(sql, directory, rolesNow);
  return {
    env,
    sql,
    prisma: openPrisma({ url: env.DATABASE_URL, applicationName: "self-serve web pages" }),
    redis,
    queues,
    signals,
    room: new WaitingRoom({ queues, sql, signals }),
    events: openEvents({ sql, redis, signals, report }),
    logs: new LogStore(env.DATA_DIR, report),
    artifacts: new ArtifactStore(env.DATA_DIR),
    content: new ContentSigner(env.ARTIFACT_ORIGIN, env.NEXTAUTH_SECRET),
    pushes: openPushPorts({
      dataDir: env.DATA_DIR,
      inherited: processVariables(),
      resolvePusher: (login) => userOfLogin({ sql, directory, rolesOf: rolesNow }, login),
      largestConfigBytes: 65_536, // about 40 ms; the timer reads larger ones
    }),
    directory,
    limits: new LoginLimits(redis),
    whoAsks: {
      sql,
      cookies: {
        secure: env.BASE_URL.startsWith("https:"),
        secrets: [env.NEXTAUTH_SECRET, env.NEXTAUTH_SECRET_PREVIOUS ?? []].flat(),
      },
      fresh: (user) => refresher.fresh(user),
      rolesOf: rolesNow,
    },
    config,
  };
}
