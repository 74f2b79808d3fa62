import type { ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { SignedContent } from "../artifacts/sign.ts";
import { SchedulerError } from "../scheduler/errors.ts";
import { attachment } from "./attachment.ts";
import type { GatewayDoors } from "./doors.ts";
import { type Exchange, methodRefusal } from "./exchange.ts";
import { pump } from "./pump.ts";
import { chooseRange, type Range } from "./range.ts";

/** Some bytes that people or jobs have made. Nothing of it is trusted. */
interface Content {
  name: string;
  type: string;
  size: number;
  /** Names these very bytes for ever; null while they grow. */
  etag: string | null;
  open(range: Range): Readable;
}

/**
 * Answers everything on the content host, which never has a session: artifacts and raw logs by signed address. For anything else people
 * are sent to the pages' host.
 */
export async function answerContent(exchange: Exchange): Promise<void> {
  const { doors, request, response, path, query } = exchange;
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  const asked = doors.signer.contentOf(path);
  const reads = request.method === "GET" || request.method === "HEAD";
  if (!asked) return sendHome(exchange, reads);
  if (!reads) throw methodRefusal(exchange, ["GET", "HEAD"]);
  const check = doors.signer.check(asked, query);
  if (check === "late") throw new SchedulerError("gone", "This address has ended. Go there again from the page.");
  if (check === "wrong") throw new SchedulerError("forbidden", "This address is not one that the product has made.");
  const content = asked.kind === "artifact" ? await findArtifact(doors, asked) : await findLog(doors, asked);
  if (!content) throw new SchedulerError("not_found", `There is no such ${asked.kind} any more.`);
  await send(exchange, content);
}

const HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
  "X-Frame-Options": "DENY",
};

function sendHome({ doors, response, request }: Exchange, reads: boolean): void {
  if (!reads)
    throw new SchedulerError("not_found", `This host only shows artifacts; the product is at ${doors.baseUrl}.`);
  // A path that begins with two slashes would lead to another host.
  const path = (request.url ?? "/").replace(/^[/\\]+/, "/");
  const target = new URL(doors.baseUrl);
  const [pathname = "/", search = ""] = path.split("?", 2);
  target.pathname = pathname;
  target.search = search;
  response.writeHead(307, { Location: target.href, "Cache-Control": "no-store", "Content-Length": 0 }).end();
}

async function findArtifact({ sql, artifacts }: GatewayDoors, { id }: SignedContent): Promise<Content | null> {
  const row = await sql.maybe<{ name: string; sha256: string; size: number; contentType: string }>(
    {
      name: "find-content",
      text: `SELECT name, sha256, size, content_type AS "contentType" FROM artifacts WHERE id = $1`,
    },
    [id],
  );
  if (!row || !(await artifacts.has(row))) return null;
  return {
    name: row.name.split("/").at(-1) ?? row.name,
    type: row.contentType,
    size: row.size,
    etag: `"sha256-${row.sha256}"`,
    open: ({ start, end }) => artifacts.stream(row.sha256, start, end),
  };
}

async function findLog({ sql, logs }: GatewayDoors, { id }: SignedContent): Promise<Content | null> {
  const row = await sql.maybe<{ size: number; complete: boolean; sha256: string | null }>(
    {
      name: "find-log-content",
      text: "SELECT log_bytes AS size, log_complete AS complete, log_sha256 AS sha256 FROM runs WHERE id = $1",
    },
    [id],
  );
  if (!row) return null;
  return {
    name: `run-${id}.log.txt`,
    type: "text/plain; charset=utf-8",
    size: row.size,
    etag: row.complete && row.sha256 !== null ? `"sha256-${row.sha256}"` : null,
    open: ({ start, end }) => logs.stream(id, start, end),
  };
}

async function send({ request, response, requestId }: Exchange, content: Content): Promise<void> {
  response.setHeader("X-Request-Id", requestId);
  response.setHeader("Cache-Control", content.etag ? "private, max-age=31536000, immutable" : "private, no-store");
  if (content.etag) response.setHeader("ETag", content.etag);
  if (content.etag && request.headers["if-none-match"]?.split(/\s*,\s*/).includes(content.etag)) {
    response.writeHead(304).end();
    return;
  }
  const range = chooseRange(request.headers, content);
  response.setHeader("Accept-Ranges", "bytes");
  response.setHeader("Content-Disposition", attachment(content.name));
  if (range === "beyond") {
    response.writeHead(416, { "Content-Range": `bytes */${content.size}`, "Content-Length": 0 }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: content.size };
  response.writeHead(range ? 206 : 200, {
    "Content-Type": content.type,
    "Content-Length": end - start,
    ...(range && { "Content-Range": `bytes ${start}-${end - 1}/${content.size}` }),
  });
  await sendBytes(request.method === "HEAD" || start === end ? null : content.open({ start, end }), response);
}

async function sendBytes(source: Readable | null, response: ServerResponse): Promise<void> {
  if (source) await pump(source, response);
  else response.end();
}
