import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import path from "node:path";
import { Redis } from "ioredis";
import { Client } from "pg";
import { logPath } from "../../lib/logs/log-files.ts";
import { Journal } from "./journal.ts";

// What the two stores hold at the end, as JSON lines, for checkers that never talk to a store.

/** A row as PostgreSQL's to_jsonb shows it; times as ISO text. Only the columns that checkers read are named. */
export interface JobRow {
  id: number;
  pool_id: number;
  branch_id: number;
  state: "blocked" | "queued" | "running" | "done";
  result: string | null;
  reason: string | null;
  priority: number;
  score: number;
  submitted_at: string;
  queued_at: string | null;
  started_at: string | null;
  ended_at: string | null;
  queue_version: number;
  dirty: boolean;
  ever_ran: boolean;
  lost_count: number;
  avoid_worker_id: number | null;
  exclusive: boolean;
  retrigger_of_id: number | null;
  pool: string;
  builder: string;
  base_priority: number;
  head_start_ms: number;
}

export interface RunRow {
  id: number;
  worker_id: number;
  boot_id: string;
  slot: number;
  claim_id: string;
  pool_id: number;
  base_job_id: number;
  state: "running" | "cancelling" | "lost" | "done";
  result: string | null;
  reason: string | null;
  exclusive: boolean;
  started_at: string;
  ended_at: string | null;
  finish_hash: string | null;
  log_chunks: number;
  log_bytes: number;
  log_sha256: string | null;
  worker: string;
  /** Of the file in the data folder, up to `log_bytes`; null when there is no file. */
  file_sha256: string | null;
}

export interface MemberRow {
  run_id: number;
  job_id: number;
  live: boolean;
  receipt: { detached?: string };
}

export interface EventRow {
  id: number;
  seq: number | null;
  type: string;
  job_id: number | null;
  run_id: number | null;
  body: Record<string, unknown>;
  created_at: string;
}

export interface AuditRowDump {
  id: number;
  seq: number | null;
  prev_hash: string | null;
  hash: string | null;
  user_id: number | null;
  actor: string;
  via: string;
  from_ip: string | null;
  action: string;
  object: string;
  before: unknown;
  after: unknown;
  outcome: string;
  request_id: string | null;
  created_at: string;
}

export interface CommandRow {
  id: number;
  kind: string;
  completed_at: string | null;
}

export interface ItemRow {
  command_id: number;
  job_id: number;
  outcome: string;
}

export interface PushRow {
  id: number;
  revision: string;
  config_state: string;
  jobs: number;
}

export interface PoolRow {
  id: number;
  name: string;
}

/** A key of Redis: what it holds, how many, and whether it ends by itself. */
export interface KeyRow {
  key: string;
  type: string;
  size: number;
  ttl: number;
}

const TABLES = {
  pools: "SELECT jsonb_build_object('id', id, 'name', name) AS row FROM pools ORDER BY id",
  jobs: `SELECT to_jsonb(j) - 'definition' - 'properties' || jsonb_build_object('pool', p.name, 'builder', b.name,
           'base_priority', r.base_priority, 'head_start_ms', p.head_start_ms) AS row
         FROM jobs j JOIN pools p ON p.id = j.pool_id JOIN builders b ON b.id = j.builder_id
         JOIN branches r ON r.id = j.branch_id ORDER BY j.id`,
  runs: "SELECT to_jsonb(r) - 'placement' || jsonb_build_object('worker', w.name) AS row FROM runs r JOIN workers w ON w.id = r.worker_id ORDER BY r.id",
  members: "SELECT to_jsonb(m) AS row FROM run_members m ORDER BY run_id, job_id",
  events: "SELECT to_jsonb(e) AS row FROM events e ORDER BY id",
  audit: "SELECT to_jsonb(a) AS row FROM audit_entries a ORDER BY id",
  commands: "SELECT to_jsonb(c) - 'input' AS row FROM commands c ORDER BY id",
  items: "SELECT to_jsonb(i) AS row FROM command_items i ORDER BY command_id, job_id",
  pushes:
    "SELECT to_jsonb(p) - 'commits' - 'files' || jsonb_build_object('jobs', (SELECT count(*) FROM jobs WHERE push_id = p.id)) AS row FROM pushes p ORDER BY id",
} as const;

const PAGE = 2_000;

/** Writes both stores into `folder`: one file per table, and `dump-keys.jsonl` for Redis. */
export async function dump(folder: string, databaseUrl: string, redisUrl: string, dataFolder: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    for (const [name, text] of Object.entries(TABLES)) {
      const journal = new Journal<object>(path.join(folder, `dump-${name}.jsonl`));
      await client.query(`DECLARE rows_of_table NO SCROLL CURSOR FOR ${text}`);
      for (;;) {
        const { rows } = await client.query<{ row: object }>(`FETCH ${PAGE} FROM rows_of_table`);
        for (const { row } of rows) journal.write(name === "runs" ? await withLog(row as RunRow, dataFolder) : row);
        if (rows.length < PAGE) break;
      }
      await client.query("CLOSE rows_of_table");
    }
  } finally {
    await client.end();
  }
  await dumpRedis(path.join(folder, "dump-keys.jsonl"), redisUrl);
}

async function withLog(run: RunRow, dataFolder: string): Promise<RunRow> {
  const file = logPath(path.join(dataFolder, "logs/runs"), run.id);
  return { ...run, file_sha256: existsSync(file) ? await digestOf(file, run.log_bytes) : null };
}

async function digestOf(file: string, bytes: number): Promise<string> {
  const hash = createHash("sha256");
  if (bytes > 0) for await (const part of createReadStream(file, { end: bytes - 1 })) hash.update(part as Buffer);
  return hash.digest("hex");
}

async function dumpRedis(file: string, url: string): Promise<void> {
  const journal = new Journal<KeyRow>(file);
  const redis = new Redis(url, { maxRetriesPerRequest: 1, protocol: 2 });
  try {
    for (const key of (await redis.keys("*")).sort()) {
      const type = await redis.type(key);
      journal.write({ key, type, size: await sizeOf(redis, key, type), ttl: await redis.ttl(key) });
    }
  } finally {
    redis.disconnect();
  }
}

function sizeOf(redis: Redis, key: string, type: string): Promise<number> {
  if (type === "zset") return redis.zcard(key);
  if (type === "hash") return redis.hlen(key);
  if (type === "stream") return redis.xlen(key);
  if (type === "set") return redis.scard(key);
  if (type === "list") return redis.llen(key);
  return redis.strlen(key);
}
