// Loaded before a server process: lets it kill itself at a named point of the protocol. The product knows nothing of it. A point is
// `<verb>/<step>:before` or `:after`: the verb is what a request asks for or what the timer does, the step a statement by its name, BEGIN,
// COMMIT, a command or script of Redis, or the answer. The first process that comes to the point which the file `armed` names, dies there.
import { AsyncLocalStorage } from "node:async_hooks";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Server, ServerResponse } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";

// The packages of the tree that runs, which need not be the one that this file is in.
const ofProduct = createRequire(path.join(process.cwd(), "package.json"));
const { Client } = ofProduct("pg") as typeof import("pg");
const { Redis } = ofProduct("ioredis") as typeof import("ioredis");

const folder = process.env.CAMPAIGN_FAILPOINTS ?? "";
const me = process.env.CAMPAIGN_NAME ?? "";
const LOOK_EVERY_MS = 50;
const TELL_EVERY_MS = 1_000;
const LUA = path.join(process.cwd(), "lib/scheduler/queue/lua");

let armed: string | null = null;
let observing = false;
const seen = new Map<string, number>();

function look(): void {
  try {
    armed = readFileSync(path.join(folder, "armed"), "utf8");
  } catch {
    armed = null;
  }
  observing = existsSync(path.join(folder, "observe"));
}

function tell(): void {
  if (observing) writeFileSync(path.join(folder, `seen-${me}-${process.pid}.json`), JSON.stringify([...seen]));
}

/** Passes a point, or dies there. */
function pass(point: string): void {
  if (observing) seen.set(point, (seen.get(point) ?? 0) + 1);
  if (armed !== point) return;
  try {
    renameSync(path.join(folder, "armed"), path.join(folder, `struck-${process.pid}`));
  } catch {
    return; // another process was first
  }
  appendFileSync(path.join(folder, "deaths"), `${me}\n`);
  process.kill(process.pid, "SIGKILL");
  for (;;); // nothing more happens here
}

const asked = new AsyncLocalStorage<string>();

/** The verb of a request, from its address. */
function verbOf(method = "", url = ""): string | null {
  const worker = /^\/worker\/v1\/(?:runs\/\d+\/)?(register|claim|heartbeat|log|steps|finish)\b/.exec(url)?.[1];
  if (worker) return worker;
  if (method === "GET") return null;
  return (
    /^\/api\/v1\/(?:jobs|commands|pushes).*?(cancel|retrigger|priority|split|undo|commands|pushes)$/.exec(url)?.[1] ??
    null
  );
}

/** Who works: the request, or the file of the core that the timer's task began with. */
function whoWorks(): string | null {
  const verb = asked.getStore();
  if (verb !== undefined) return verb;
  if (!me.startsWith("timer")) return null;
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 60;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = limit;
  const files = [...stack.matchAll(/\/lib\/(?:scheduler|events|pushes)\/(?:[a-z]+\/)*([a-z-]+)\.ts/g)];
  return files.at(-1)?.[1] ?? null;
}

/** Does a step of the protocol between its two points. */
function step<T>(name: () => string, work: () => T): T {
  if (armed === null && !observing) return work();
  const verb = whoWorks();
  if (verb === null) return work();
  const point = `${verb}/${name()}`;
  pass(`${point}:before`);
  const result = work();
  if (!(result instanceof Promise)) return result;
  return result.then((value: unknown) => {
    pass(`${point}:after`);
    return value;
  }) as T;
}

/** A statement's name, or its first words. */
function nameOf(statement: unknown): string {
  const { name, text } =
    typeof statement === "string"
      ? { name: undefined, text: statement }
      : (statement as { name?: string; text?: string });
  return name ?? (text ?? "").trim().split(/\s+/).slice(0, 3).join(" ");
}

/** Scripts by their digests, because Redis is asked for those. Each may begin with some of the shared parts, in any order. */
function scripts(): Map<string, string> {
  const prefixes = prefixesOf(luaFiles(path.join(LUA, "parts")).map(({ text }) => text));
  return new Map(
    luaFiles(LUA).flatMap(({ name, text }) =>
      prefixes.map((prefix) => [createHash("sha1").update(`${prefix}${text}`).digest("hex"), name] as const),
    ),
  );
}

function luaFiles(place: string): { name: string; text: string }[] {
  if (!existsSync(place)) return [];
  const files = readdirSync(place).filter((file) => file.endsWith(".lua"));
  return files.map((file) => ({
    name: file.slice(0, -".lua".length),
    text: readFileSync(path.join(place, file), "utf8"),
  }));
}

function prefixesOf(parts: readonly string[]): string[] {
  return [
    "",
    ...parts.flatMap((part) => prefixesOf(parts.filter((other) => other !== part)).map((rest) => `${part}${rest}`)),
  ];
}

function patchHttp(): void {
  const emit = Server.prototype.emit;
  Server.prototype.emit = function (this: Server, event: string, ...args: unknown[]) {
    const [request] = args as [{ method?: string; url?: string } | undefined];
    const verb = event === "request" ? verbOf(request?.method, request?.url?.split("?")[0]) : null;
    const go = () => Reflect.apply(emit, this, [event, ...args]) as boolean;
    return verb === null ? go() : asked.run(verb, go);
  };
  const end = ServerResponse.prototype.end;
  ServerResponse.prototype.end = function (this: ServerResponse, ...args: unknown[]) {
    return step(
      () => "answer",
      () => Reflect.apply(end, this, args) as ServerResponse,
    );
  } as typeof end;
}

function patchStores(): void {
  const query = Client.prototype.query as (...args: unknown[]) => unknown;
  Client.prototype.query = function (this: unknown, ...args: unknown[]) {
    return step(
      () => nameOf(args[0]),
      () => Reflect.apply(query, this, args),
    );
  } as typeof Client.prototype.query;
  const names = scripts();
  const send = Redis.prototype.sendCommand;
  Redis.prototype.sendCommand = function (this: unknown, ...args: Parameters<typeof send>) {
    const [command] = args;
    return step(
      () => `redis ${names.get(String(command.args[0])) ?? command.name}`,
      () => Reflect.apply(send, this, args) as ReturnType<typeof send>,
    );
  };
}

if (folder !== "") {
  look();
  setInterval(look, LOOK_EVERY_MS).unref();
  setInterval(tell, TELL_EVERY_MS).unref();
  patchHttp();
  patchStores();
}
