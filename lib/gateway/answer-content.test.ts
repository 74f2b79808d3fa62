import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Ask } from "../testing/ask.ts";
import { CONTENT_HOST, type GatewayHarness, openGatewayHarness, sha256 } from "../testing/gateway-harness.ts";

const bytes = Buffer.from("0123456789");
const log = Buffer.from("first\nsecond\n");
let web: GatewayHarness;
let run: { runId: number; session: string };
let artifactId: number;

beforeAll(async () => {
  web = await openGatewayHarness();
  run = await web.running(await web.farm());
  await web.upload(run, "out/page.html", bytes);
  await web.sendChunk(run, 0, 0, log);
  const row = await web.test.sql.one<{ id: number }>("SELECT id FROM artifacts WHERE run_id = $1", [run.runId]);
  artifactId = row.id;
});
afterAll(() => web.close());

/** Goes to an address of the content host. */
function go(address: string, ask: Ask = {}, method = "GET") {
  const url = new URL(address);
  return web.ask(method, url.pathname + url.search, { host: CONTENT_HOST, ...ask });
}
const artifact = (ask?: Ask, method?: string) => go(web.signer.signArtifactUrl(artifactId), ask, method);

describe("the content host", () => {
  it("shows an artifact as a file to save, that can run nothing", async () => {
    const answer = await artifact();
    expect([answer.status, answer.bytes]).toEqual([200, bytes]);
    expect(answer.headers).toMatchObject({
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename="page.html"; filename*=UTF-8''page.html`,
      "x-content-type-options": "nosniff",
      "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "private, max-age=31536000, immutable",
      "accept-ranges": "bytes",
      etag: `"sha256-${sha256(bytes)}"`,
      "content-length": "10",
    });
    expect(answer.headers["set-cookie"]).toBeUndefined();
  });

  it("answers HEAD without the bytes, and 304 for bytes that are known", async () => {
    const head = await artifact({}, "HEAD");
    expect([head.status, head.headers["content-length"], head.bytes.length]).toEqual([200, "10", 0]);
    const etag = `"sha256-${sha256(bytes)}"`;
    const known = await artifact({ headers: { "if-none-match": `"other", ${etag}` } });
    expect([known.status, known.bytes.length, known.headers.etag]).toEqual([304, 0, etag]);
  });

  it.each([
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=-30", 206, "0123456789", "bytes 0-9/10"],
    ["bytes=8-100", 206, "89", "bytes 8-9/10"],
    ["bytes=10-", 416, "", "bytes */10"],
    ["bytes=-0", 416, "", "bytes */10"],
    ["bytes=5-2", 200, "0123456789", undefined],
    ["bytes=0-1,3-4", 200, "0123456789", undefined],
    ["lines=1-2", 200, "0123456789", undefined],
    ["bytes=-", 200, "0123456789", undefined],
  ])("answers the range %s with %i", async (range, status, text, contentRange) => {
    const answer = await artifact({ headers: { range } });
    expect([answer.status, answer.bytes.toString(), answer.headers["content-range"]]).toEqual([
      status,
      text,
      contentRange,
    ]);
  });

  it("sends everything when the part that a reader has is of other bytes", async () => {
    const headers = { range: "bytes=2-4", "if-range": '"old"' };
    expect((await artifact({ headers })).status).toBe(200);
    expect((await artifact({ headers: { ...headers, "if-range": `"sha256-${sha256(bytes)}"` } })).status).toBe(206);
  });

  it("shows a log as text, not kept while it grows", async () => {
    const address = web.signer.signLogUrl(run.runId);
    const growing = await go(address);
    expect([growing.status, growing.bytes.toString()]).toEqual([200, log.toString()]);
    expect(growing.headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "content-disposition": `attachment; filename="run-${run.runId}.log.txt"; filename*=UTF-8''run-${run.runId}.log.txt`,
      "cache-control": "private, no-store",
    });
    expect(growing.headers.etag).toBeUndefined();
    const end = { chunks: 1, bytes: log.length, lines: 2, sha256: sha256(log) };
    const body = { result: "success", log: end };
    await web.ask("POST", `/worker/v1/runs/${run.runId}/finish`, { bearer: run.session, body });
    expect((await go(address)).headers.etag).toBe(`"sha256-${sha256(log)}"`);
  });

  it("refuses addresses that are not signed, forged, or too old", async () => {
    const right = web.signer.signArtifactUrl(artifactId);
    expect((await go(right.replace(/signature=.*/, ""))).status).toBe(403);
    expect((await go(right.replace(/signature=./, "signature=_"))).status).toBe(403);
    expect((await go(right.replace("/artifact/", "/log/"))).status).toBe(403);
    expect((await go(web.signer.signArtifactUrl(artifactId, Date.now() - 301_000))).status).toBe(410);
    expect((await go(web.signer.signArtifactUrl(artifactId + 1))).status).toBe(404);
    expect((await artifact({}, "POST")).status).toBe(405);
  });

  it.each([
    ["/jobs?x=1", "http://pages.test/jobs?x=1"],
    ["/", "http://pages.test/"],
    ["//evil.test/x", "http://pages.test/evil.test/x"],
    ["/\\evil.test", "http://pages.test/evil.test"],
    ["/@evil.test", "http://pages.test/@evil.test"],
    ["/api/v1/events", "http://pages.test/api/v1/events"],
  ])("sends people who ask for %s to the pages", async (path, target) => {
    const answer = await web.ask("GET", path, { host: CONTENT_HOST });
    expect([answer.status, answer.headers.location]).toEqual([307, target]);
  });

  it("takes nothing from workers and nothing that writes", async () => {
    const answer = await web.ask("POST", "/worker/v1/claim", { host: CONTENT_HOST, bearer: run.session, body: {} });
    expect(answer.status).toBe(404);
  });

  it("is the only host that shows content", async () => {
    const { pathname, search } = new URL(web.signer.signArtifactUrl(artifactId));
    expect((await web.ask("GET", pathname + search)).bytes.toString()).toBe(`page ${pathname}${search}`);
  });
});
