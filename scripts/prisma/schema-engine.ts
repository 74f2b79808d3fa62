#!/usr/bin/env node
// Prisma's schema engine, as the WebAssembly module that npm carries, behind the interface of the native executable that the
// Prisma CLI would download: line-delimited JSON-RPC on standard input and output. The CLI finds it by PRISMA_SCHEMA_ENGINE_BINARY.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import type { SchemaEngine } from "@prisma/schema-engine-wasm";
import { MigrationPg } from "./migration-adapter.ts";

interface Request {
  id: number;
  method: string;
  params?: unknown;
}

/** What the CLI shows of a failed request. */
interface RequestFailure {
  code: number;
  message: string;
  data: { is_panic: boolean; message: string; error_code?: string };
}

const RPC_SERVER_ERROR = 4466;
/** Keeps our own messages' numbers away from the CLI's. */
const PRINT_IDS = 1_000_000;
/** Names that the CLI and the module spell differently. */
const METHOD_NAMES: Record<string, string> = { getDatabaseVersion: "version" };

let engine: SchemaEngine | undefined;

const { values, positionals } = parseArgs({
  options: {
    datasource: { type: "string" },
    datamodels: { type: "string", multiple: true, default: [] },
    "enabled-preview-features": { type: "string" },
    "extension-types": { type: "string" },
  },
  allowPositionals: true,
});

// `cli can-connect-to-database`: the request that follows says more precisely what is wrong than an exit code could.
if (positionals[0] !== "cli") await serve();

async function serve(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    if (!line.trim()) continue;
    const request = JSON.parse(line) as Partial<Request> & { id: number };
    if (request.method === undefined) continue; // the CLI's receipt of a print
    const answer = await callEngine({ ...request, method: request.method });
    if ("result" in answer) print(request.id, answer.result);
    send({ id: request.id, ...answer });
  }
  process.exit(0); // the adapter's idle connections would hold the process
}

/** The native engine prints the result of a diff through the CLI; the module returns it. */
function print(id: number, result: unknown): void {
  if (typeof result !== "object" || result === null || !("stdout" in result) || !result.stdout) return;
  send({ id: id + PRINT_IDS, method: "print", params: { content: result.stdout } });
}

function send(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
}

async function callEngine({ method, params }: Request): Promise<{ result: unknown } | { error: RequestFailure }> {
  const name = METHOD_NAMES[method] ?? method;
  try {
    engine ??= await loadEngine();
    const call: unknown = Reflect.get(engine, name);
    if (typeof call !== "function") throw new Error(`The schema engine has no method ${method}.`);
    return { result: (await call.call(engine, params)) ?? null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
    const data = { is_panic: false, message, ...(code !== undefined && { error_code: code }) };
    return { error: { code: RPC_SERVER_ERROR, message, data } };
  }
}

async function loadEngine(): Promise<SchemaEngine> {
  const entry = createRequire(import.meta.url).resolve("@prisma/schema-engine-wasm/schema_engine_bg");
  const bindings = await import(entry);
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: reportPanic } }); // the module expects it
  const { instance } = await WebAssembly.instantiate(readFileSync(entry.replace(/\.js$/, ".wasm")), {
    "./schema_engine_bg.js": bindings,
  });
  bindings.__wbg_set_wasm(instance.exports);
  const start = instance.exports.__wbindgen_start;
  if (typeof start === "function") start();

  const url = connectionUrl();
  const adapter = bindMigrationAwareSqlAdapterFactory(
    new MigrationPg({ connectionString: url, connectionTimeoutMillis: 10_000 }),
  );
  const datamodels = values.datamodels.map((file) => [file, readFileSync(file, "utf8")]);
  return bindings.SchemaEngine.new(datamodels.length > 0 ? { datamodels } : {}, () => {}, adapter);
}

function reportPanic(message: string): void {
  process.stderr.write(`${JSON.stringify({ level: "ERROR", fields: { message } })}\n`);
}

function connectionUrl(): string {
  const datasource = values.datasource ? (JSON.parse(values.datasource) as { url?: string }) : {};
  return datasource.url ?? process.env.DATABASE_URL ?? "postgresql://127.0.0.1:1/none";
}
