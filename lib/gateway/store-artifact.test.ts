import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import path from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type GatewayHarness, openGatewayHarness, PAGES_HOST, sha256, someBytes } from "../testing/gateway-harness.ts";

let web: GatewayHarness;
let farm: Awaited<ReturnType<GatewayHarness["farm"]>>;
beforeAll(async () => {
  web = await openGatewayHarness();
  farm = await web.farm();
});
afterAll(() => web.close());
beforeEach(() => rmSync(path.join(web.dataDir, "artifacts"), { recursive: true, force: true }));

function filesOnDisk(): string[] {
  const root = path.join(web.dataDir, "artifacts");
  try {
    const entries = readdirSync(root, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  } catch {
    return [];
  }
}
const rowsOf = (runId: number) =>
  web.test.sql.rows("SELECT name, sha256, size, content_type AS type FROM artifacts WHERE run_id = $1", [runId]);

describe("uploading an artifact", () => {
  it("stores its bytes and then its row, once, and tells of it", async () => {
    const run = await web.running(farm);
    const bytes = someBytes(500_000);
    for (const _ of ["once", "and again"]) expect((await web.upload(run, "out/a.zip", bytes)).status).toBe(200);
    const row = { name: "out/a.zip", sha256: sha256(bytes), size: bytes.length, type: "application/zip" };
    expect(await rowsOf(run.runId)).toEqual([row]);
    expect(filesOnDisk()).toEqual([sha256(bytes)]);
    const events = await web.test.sql.rows("SELECT type FROM events WHERE run_id = $1 AND type = 'run.artifact'", [
      run.runId,
    ]);
    expect(events.length).toBe(1);
  });

  it("takes many at once over connections that are kept alive", async () => {
    const run = await web.running(farm);
    const uploads = Array.from({ length: 30 }, (_, index) => web.upload(run, `file-${index}`, someBytes(10_000)));
    expect((await Promise.all(uploads)).map((answer) => answer.status)).toEqual(Array(30).fill(200));
    expect((await rowsOf(run.runId)).length).toBe(30);
  });

  it("refuses another artifact of the same name", async () => {
    const run = await web.running(farm);
    await web.upload(run, "a", Buffer.from("one"));
    expect((await web.upload(run, "a", Buffer.from("two"))).status).toBe(409);
  });

  it("refuses the thousand-and-first for good", async () => {
    const run = await web.running(farm);
    await web.test.sql.count(
      `INSERT INTO artifacts (run_id, name, sha256, size, content_type)
       SELECT $1, 'many/' || i, $2, 1, 'text/plain' FROM generate_series(1, 1000) AS i`,
      [run.runId, sha256("x")],
    );
    expect((await web.upload(run, "many/1", Buffer.from("x"))).status).toBe(200);
    const answer = await web.upload(run, "one/more", Buffer.from("x"));
    expect([answer.status, answer.json().detail]).toEqual([
      413,
      `Run ${run.runId} has 1000 artifacts; more are not accepted.`,
    ]);
  });

  it.each([
    ["other bytes", { body: Buffer.from("hellO") }, 422],
    ["fewer bytes than announced", { body: Buffer.from("hell") }, 422],
    ["more bytes than announced", { body: Buffer.from("hello!") }, 422],
    ["packed bytes", { headers: { "content-encoding": "gzip" } }, 415],
  ])("refuses %s and leaves nothing", async (_, ask, status) => {
    const run = await web.running(farm);
    const answer = await web.upload(run, "a", Buffer.from("hello"), ask);
    expect(answer.status).toBe(status);
    expect(answer.json().detail).toMatch(/\.$/);
    expect([await rowsOf(run.runId), filesOnDisk()]).toEqual([[], []]);
  });

  it.each(["../a", "/etc/passwd", "a\\b", "a/../b", "C:x", "a\nb", "nul", "", ".", "x".repeat(2_000)])(
    "refuses the name %j",
    async (name) => {
      const run = await web.running(farm);
      expect((await web.upload(run, name, Buffer.from("x"))).status).toBe(422);
      expect(filesOnDisk()).toEqual([]);
    },
  );

  it("refuses more than 10 GiB before anything is sent", async () => {
    const run = await web.running(farm);
    const size = 10 * 2 ** 30 + 1;
    const query = `name=a&size=${size}&sha256=${sha256("")}`;
    const headers = { "content-length": size, host: PAGES_HOST, authorization: `Bearer ${run.session}` };
    const status = await new Promise((resolve, reject) => {
      const options = {
        port: web.port,
        method: "PUT",
        path: `/worker/v1/runs/${run.runId}/artifacts?${query}`,
        headers,
      };
      request(options, (response) => resolve(response.statusCode))
        .on("error", reject)
        .flushHeaders();
    });
    expect(status).toBe(413);
  });

  it("leaves nothing of an upload that breaks off, and takes it when it is repeated", async () => {
    const run = await web.running(farm);
    const bytes = someBytes(1_000_000);
    const query = `name=a&size=${bytes.length}&sha256=${sha256(bytes)}`;
    const headers = { "content-length": bytes.length, host: PAGES_HOST, authorization: `Bearer ${run.session}` };
    const upload = request({
      port: web.port,
      method: "PUT",
      path: `/worker/v1/runs/${run.runId}/artifacts?${query}`,
      headers,
    });
    upload.on("error", () => undefined);
    upload.write(bytes.subarray(0, 400_000));
    await expect.poll(() => filesOnDisk().length).toBe(1);
    upload.destroy();
    await expect.poll(filesOnDisk).toEqual([]);
    expect(await rowsOf(run.runId)).toEqual([]);
    expect((await web.upload(run, "a", bytes)).status).toBe(200);
  });

  it("is refused at the end when the run was lost meanwhile", async () => {
    const run = await web.running(farm);
    const bytes = someBytes(1_000_000);
    const query = `name=a&size=${bytes.length}&sha256=${sha256(bytes)}`;
    const headers = { "content-length": bytes.length, host: PAGES_HOST, authorization: `Bearer ${run.session}` };
    const path = `/worker/v1/runs/${run.runId}/artifacts?${query}`;
    const upload = request({ port: web.port, method: "PUT", path, headers });
    const status = new Promise((resolve, reject) => {
      upload.on("response", (response) => resolve(response.statusCode));
      upload.on("error", reject);
    });
    upload.write(bytes.subarray(0, 400_000));
    await expect.poll(() => filesOnDisk().length).toBe(1);
    await web.worker(farm, randomUUID(), run.name); // its worker is started anew
    upload.end(bytes.subarray(400_000));
    expect(await status).toBe(409);
    expect(await rowsOf(run.runId)).toEqual([]);
  });
});

describe("a needed artifact", () => {
  it("is given to a worker whose live run needs it, and to nobody else", async () => {
    const farm = await web.farm();
    await farm.submit({ name: "build" }, { name: "test", needs: ["build"] });
    const builder = await web.worker(farm);
    const build = await web.claim(farm, builder.session);
    const bytes = someBytes(200_000);
    await web.upload({ runId: build.runId, session: builder.session }, "app", bytes);
    const done = { result: "success", log: { chunks: 0, bytes: 0, lines: 0, sha256: sha256("") } };
    const finish = (runId: number, bearer: string) =>
      web.ask("POST", `/worker/v1/runs/${runId}/finish`, { bearer, body: done });
    await finish(build.runId, builder.session);
    const { id } = await web.test.sql.one<{ id: number }>("SELECT id FROM artifacts WHERE run_id = $1", [build.runId]);
    const get = (bearer: string) => web.ask("GET", `/worker/v1/artifacts/${id}`, { bearer });

    expect((await get(builder.session)).status).toBe(403); // has no run that needs it
    const tester = await web.worker(farm);
    const test = await web.claim(farm, tester.session);
    expect((await get(tester.session)).bytes.equals(bytes)).toBe(true);
    expect((await get((await web.worker(farm)).session)).status).toBe(403);
    const unrelated = await web.running(farm);
    expect((await get(unrelated.session)).status).toBe(403);

    const stored = path.join(web.dataDir, "artifacts", sha256(bytes).slice(0, 2), sha256(bytes));
    expect(readFileSync(stored).equals(bytes)).toBe(true);
    rmSync(stored);
    const lost = await get(tester.session);
    expect([lost.status, lost.headers["retry-after"]]).toEqual([503, "2"]);
    await finish(test.runId, tester.session);
    expect((await get(tester.session)).status).toBe(403);
  });
});
